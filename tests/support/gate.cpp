#include "tests/support/gate.hpp"

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string_view>
#include <thread>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace rolecall::testing {

class Gate::Forwarder {
 public:
  Forwarder(const std::string& host, int port)
      : server_(asio::ip::make_address(host), static_cast<std::uint16_t>(port)),
        acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
        opened_(context_, asio::steady_timer::time_point::max()) {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }

  ~Forwarder() {
    context_.stop();
    thread_.join();
  }
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  int port() const { return acceptor_.local_endpoint().port(); }
  void close() { closed_ = true; }
  void open() {
    asio::post(context_, [this] {
      closed_ = false;
      opened_.cancel();
    });
  }
  void close_after(const std::string& text) {
    asio::post(context_, [this, text] { last_words_ = text; });
  }

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      tcp::socket client = co_await acceptor_.async_accept(asio::use_awaitable);
      asio::co_spawn(context_, connection(std::move(client)), asio::detached);
    }
  }

  asio::awaitable<void> connection(tcp::socket client) {
    using asio::experimental::awaitable_operators::operator||;
    tcp::socket server(context_);
    co_await server.async_connect(server_, asio::use_awaitable);
    co_await (forward(client, server, true) || forward(server, client, false));
  }

  asio::awaitable<void> forward(tcp::socket& from, tcp::socket& to, bool is_client) {
    std::array<char, 65536> bytes{};
    for (;;) {
      const std::size_t count =
          co_await from.async_read_some(asio::buffer(bytes), asio::use_awaitable);
      while (closed_) {
        boost::system::error_code cancelled;
        co_await opened_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
      }
      const std::string_view said(bytes.data(), count);
      if (is_client && !last_words_.empty() && said.find(last_words_) != std::string_view::npos) {
        last_words_.clear();
        closed_ = true;
      }
      co_await asio::async_write(to, asio::buffer(said), asio::use_awaitable);
    }
  }

  asio::io_context context_{1};
  tcp::endpoint server_;
  tcp::acceptor acceptor_;
  asio::steady_timer opened_;  // cancelled when the gate opens; never expires
  std::atomic<bool> closed_ = false;
  std::string last_words_{};
  std::thread thread_{};
};

Gate::Gate(const std::string& host, int port)
    : forwarder_(std::make_unique<Forwarder>(host, port)) {}
Gate::~Gate() = default;
int Gate::port() const {
  return forwarder_->port();
}
void Gate::close() {
  forwarder_->close();
}
void Gate::open() {
  forwarder_->open();
}
void Gate::close_after(const std::string& text) {
  forwarder_->close_after(text);
}

}  // namespace rolecall::testing
