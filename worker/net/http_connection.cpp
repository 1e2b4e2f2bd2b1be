#include "worker/net/http_connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

namespace rolecall {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

constexpr Millis kLongestTry{2'000};  // of an address, while there is another
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// A look-up cannot be interrupted (getaddrinfo); it ends by itself and finds its state here.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  bool finished = false;
  Resolved answer{};
};

// One address on trial. Its timer's handler may be under way when the trial is over.
struct Trial {
  explicit Trial(const asio::any_io_executor& executor) : timer(executor) {}
  asio::steady_timer timer;
  bool over = false;
  bool timed_out = false;
};

}  // namespace

Task<Resolved> resolve(asio::any_io_executor executor, BaseUrl url, Millis patience) {
  Resolved resolved;
  error_code not_an_address;
  const auto address = asio::ip::make_address(url.host, not_an_address);
  if (!not_an_address) {
    resolved.endpoints.emplace_back(address, url.port);
    co_return resolved;
  }
  auto lookup = std::make_shared<Lookup>(executor);
  lookup->done.expires_after(patience);
  lookup->resolver.async_resolve(url.host, std::to_string(url.port),
                                 [lookup](error_code error, const auto& results) {
                                   lookup->finished = true;
                                   lookup->answer.error = error;
                                   for (const auto& entry : results)
                                     lookup->answer.endpoints.push_back(entry.endpoint());
                                   lookup->done.cancel();
                                 });
  co_await lookup->done.async_wait(kTuple);
  if (!lookup->finished) {
    lookup->resolver.cancel();
    resolved.error = asio::error::timed_out;
    co_return resolved;
  }
  resolved = lookup->answer;
  // "localhost" is loopback by custom only: what the name means is checked, not trusted.
  if (!url.tls)
    std::erase_if(resolved.endpoints, [](const auto& e) { return !e.address().is_loopback(); });
  if (!resolved.error && resolved.endpoints.empty()) resolved.error = asio::error::host_not_found;
  co_return resolved;
}

HttpConnection::HttpConnection(const asio::any_io_executor& executor, ssl::context* tls)
    : socket_(executor) {
  if (tls != nullptr) tls_.emplace(socket_, *tls);
}

Task<error_code> HttpConnection::connect(std::vector<tcp::endpoint> endpoints, const Clock& clock,
                                         Instant deadline) {
  error_code error = asio::error::host_not_found;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto left = deadline - clock.now();
    if (left <= left.zero()) co_return error_code(asio::error::timed_out);
    const auto others = static_cast<int>(endpoints.size() - i - 1);
    const auto share = left / (others + 1);
    const auto patience = others > 0 ? std::min<Instant::duration>(kLongestTry, share) : left;
    error = co_await connect_to(endpoints[i], patience);
    // Closed by whoever watches the deadline: there is no next address.
    if (!error || error == asio::error::operation_aborted) break;
  }
  // Requests are small and answered one at a time: waiting to fill a packet only costs time.
  error_code ignored;
  if (!error) socket_.set_option(tcp::no_delay(true), ignored);
  co_return error;
}

Task<error_code> HttpConnection::connect_to(tcp::endpoint endpoint,
                                            std::chrono::microseconds patience) {
  error_code ignored;
  socket_.close(ignored);
  const auto trial = std::make_shared<Trial>(socket_.get_executor());
  trial->timer.expires_after(patience);
  trial->timer.async_wait([this, trial](const error_code& error) {
    if (error || trial->over) return;
    trial->timed_out = true;
    close();
  });
  auto [error] = co_await socket_.async_connect(endpoint, kTuple);
  trial->over = true;
  trial->timer.cancel();
  if (trial->timed_out) error = asio::error::timed_out;
  co_return error;
}

Task<error_code> HttpConnection::handshake(const std::string& host) {
  error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  // RFC 6066: the server name is never an IP address.
  if (not_an_address && SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str()) != 1)
    co_return error_code(asio::error::invalid_argument);
  tls_->set_verify_callback(ssl::host_name_verification(host));
  auto [error] = co_await tls_->async_handshake(ssl::stream_base::client, kTuple);
  co_return error;
}

Task<Moved> HttpConnection::write(std::string_view bytes) {
  const auto buffer = asio::buffer(bytes);
  Moved moved;
  if (tls_) {
    auto [error, n] = co_await asio::async_write(*tls_, buffer, kTuple);
    moved = {error, n};
  } else {
    auto [error, n] = co_await asio::async_write(socket_, buffer, kTuple);
    moved = {error, n};
  }
  co_return moved;
}

Task<Moved> HttpConnection::read_some(asio::mutable_buffer into) {
  Moved moved;
  if (tls_) {
    auto [error, n] = co_await tls_->async_read_some(into, kTuple);
    moved = {error, n};
  } else {
    auto [error, n] = co_await socket_.async_read_some(into, kTuple);
    moved = {error, n};
  }
  co_return moved;
}

bool HttpConnection::is_quiet() {
  if (!socket_.is_open()) return false;
  if (tls_ && SSL_pending(tls_->native_handle()) > 0) return false;
  char byte = 0;
  const auto n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void HttpConnection::close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace rolecall
