// webhooks.cpp -- see webhooks.hpp.
#include "tests/emulator/webhooks.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>

#include "tests/emulator/signature.hpp"
#include "tests/emulator/times.hpp"

namespace rolecall::emulator {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

struct Address {
  tcp::endpoint endpoint;
  std::string target;
};

// "http://127.0.0.1:9464/path"; "localhost" stands for 127.0.0.1.
std::optional<Address> read_url(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return std::nullopt;
  url.remove_prefix(scheme.size());
  const std::string_view authority = url.substr(0, url.find('/'));
  const std::string_view host = authority.substr(0, authority.find(':'));
  std::uint16_t port = 80;
  if (host.size() < authority.size()) {
    const std::string_view digits = authority.substr(host.size() + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
  }
  boost::system::error_code error;
  const auto address =
      asio::ip::make_address(host == "localhost" ? "127.0.0.1" : std::string{host}, error);
  if (error || !address.is_loopback()) return std::nullopt;
  std::string target{url.substr(authority.size())};
  return Address{{address, port}, target.empty() ? "/" : std::move(target)};
}

asio::awaitable<bool> post_once(const Address& address, const WebhookDelivery& delivery) {
  const std::int64_t millis = epoch_millis(
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()));
  http::request<http::string_body> request{http::verb::post, address.target, 11};
  request.set(http::field::host, address.endpoint.address().to_string());
  request.set(http::field::content_type, "application/json");
  request.set("WorkOS-Signature", sign_webhook(delivery.target.secret, millis, delivery.body));
  request.body() = delivery.body;
  request.prepare_payload();
  beast::tcp_stream stream{co_await asio::this_coro::executor};
  stream.expires_after(std::chrono::seconds{5});
  const auto [refused] = co_await stream.async_connect(address.endpoint, kTuple);
  if (refused) co_return false;
  const auto [unsent, written] = co_await http::async_write(stream, request, kTuple);
  if (unsent) co_return false;
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  const auto [unread, size] = co_await http::async_read(stream, buffer, response, kTuple);
  co_return !unread && response.result_int() / 100 == 2;
}

}  // namespace

asio::awaitable<void> deliver_webhook(WebhookDelivery delivery, WebhookRetries retries) {
  const auto address = read_url(delivery.target.url);
  if (!address) co_return;
  asio::steady_timer pause{co_await asio::this_coro::executor};
  for (int attempt = 0; attempt <= retries.most; ++attempt) {
    const bool taken = co_await post_once(*address, delivery);
    if (taken) co_return;
    pause.expires_after(retries.first * (1 << attempt));
    const auto [cancelled] = co_await pause.async_wait(kTuple);
    if (cancelled) co_return;
  }
}

}  // namespace rolecall::emulator
