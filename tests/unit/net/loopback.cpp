#include "tests/unit/net/loopback.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace rolecall::testing {

namespace asio = boost::asio;

namespace {
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
const asio::ip::address kLoopback = asio::ip::make_address("127.0.0.1");
}  // namespace

void run_until(asio::io_context& io, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  io.restart();
  while (!done() && std::chrono::steady_clock::now() < end && io.run_one_until(end) > 0) {
  }
  ASSERT_TRUE(done()) << "what the test waits for did not happen within ten seconds";
}

struct Peer::State {
  State(asio::io_context& io, Script s) : acceptor(io, tcp::endpoint(kLoopback, 0)), script(s) {}
  tcp::acceptor acceptor;
  Script script;
  int connections = 0;
  int ended = 0;

  static Task<void> serve(std::shared_ptr<State> state, tcp::socket socket) {
    co_await state->script(std::move(socket));
    ++state->ended;
  }

  static Task<void> accept(std::shared_ptr<State> state) {
    while (true) {
      auto [error, socket] = co_await state->acceptor.async_accept(kTuple);
      if (error) co_return;
      ++state->connections;
      const auto executor = state->acceptor.get_executor();
      asio::co_spawn(executor, serve(state, std::move(socket)), asio::detached);
    }
  }
};

Peer::Peer(asio::io_context& io, Script script)
    : state_(std::make_shared<State>(io, std::move(script))) {
  asio::co_spawn(io, State::accept(state_), asio::detached);
}
Peer::~Peer() {
  state_->acceptor.close();
}
std::uint16_t Peer::port() const {
  return state_->acceptor.local_endpoint().port();
}
std::string Peer::url(const std::string& scheme) const {
  return fmt::format("{}://127.0.0.1:{}", scheme, port());
}
int Peer::connections() const {
  return state_->connections;
}
int Peer::ended() const {
  return state_->ended;
}

Task<std::string> read_request(tcp::socket& socket) {
  std::string text;
  auto [error, head] =
      co_await asio::async_read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", kTuple);
  if (error) co_return std::string();
  std::size_t body = 0;
  if (const auto at = text.find("content-length: "); at < head)
    body = std::stoul(text.substr(at + 16));
  while (text.size() < head + body) {
    std::string more(head + body - text.size(), '\0');
    auto [failed, n] = co_await socket.async_read_some(asio::buffer(more), kTuple);
    if (failed) co_return std::string();
    text += more.substr(0, n);
  }
  co_return text;
}

Task<void> write_text(tcp::socket& socket, std::string text) {
  co_await asio::async_write(socket, asio::buffer(text), kTuple);
}

Task<void> wait_for_end(tcp::socket& socket) {
  std::array<char, 4096> bytes{};
  while (true) {
    auto [error, n] = co_await socket.async_read_some(asio::buffer(bytes), kTuple);
    if (error) co_return;
  }
}

void reset(tcp::socket& socket) {
  socket.set_option(asio::socket_base::linger(true, 0));
  socket.close();
}

Peer::Script answering(std::string text) {
  return [text = std::move(text)](tcp::socket socket) -> Task<void> {
    auto said = text;
    while (!(co_await read_request(socket)).empty()) co_await write_text(socket, said);
  };
}

std::string answer_text(int status, const std::string& body, const std::string& headers) {
  return fmt::format("HTTP/1.1 {} Said\r\n{}content-length: {}\r\n\r\n{}", status, headers,
                     body.size(), body);
}

Task<std::string> talk(std::uint16_t port, std::string text) {
  tcp::socket socket(co_await asio::this_coro::executor);
  auto [error] = co_await socket.async_connect(tcp::endpoint(kLoopback, port), kTuple);
  std::string answer;
  if (error) co_return answer;
  co_await write_text(socket, std::move(text));
  std::array<char, 4096> bytes{};
  while (true) {
    auto [end, n] = co_await socket.async_read_some(asio::buffer(bytes), kTuple);
    if (end) co_return answer;
    answer.append(bytes.data(), n);
  }
}

std::uint16_t closed_port(asio::io_context& io) {
  return tcp::acceptor(io, tcp::endpoint(kLoopback, 0)).local_endpoint().port();
}

}  // namespace rolecall::testing
