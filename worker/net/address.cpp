#include "worker/net/address.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <optional>

namespace rolecall {
namespace {

namespace ip = boost::asio::ip;

Failure bad_input(std::string code, std::string detail) {
  return {.kind = FailureClass::bad_input, .code = std::move(code), .detail = std::move(detail)};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return port;
}

bool is_loopback_host(const std::string& host) {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const auto address = ip::make_address(host, error);
  return !error && address.is_loopback();
}

}  // namespace

std::string host_and_port(std::string_view host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string BaseUrl::authority() const {
  if (port != (tls ? 443 : 80)) return peer();
  return host.find(':') != std::string::npos ? fmt::format("[{}]", host) : host;
}

std::string BaseUrl::peer() const {
  return host_and_port(host, port);
}

Result<BaseUrl> parse_base_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed || parsed->host().empty())
    return bad_input("bad_url", "it is not a URL such as https://api.workos.com");
  const auto& url = *parsed;
  if (url.has_userinfo()) return bad_input("bad_url", "it must not hold a user or a password");
  if (url.has_query() || url.has_fragment())
    return bad_input("bad_url", "it must not hold a query or a fragment");
  if (url.scheme() != "https" && url.scheme() != "http")
    return bad_input("bad_url",
                     fmt::format("the scheme {} is not https", std::string(url.scheme())));
  BaseUrl base{.tls = url.scheme() == "https", .host = std::string(url.host_address())};
  base.port = base.tls ? 443 : 80;
  if (url.has_port()) {
    const auto port = parse_port(std::string(url.port()));
    if (!port || *port == 0) return bad_input("bad_url", "its port is not between 1 and 65535");
    base.port = *port;
  }
  base.prefix = std::string(url.encoded_path());
  while (base.prefix.ends_with('/')) base.prefix.pop_back();
  if (!base.tls && !is_loopback_host(base.host))
    return bad_input(
        "plain_http",
        fmt::format("plain http would show the API key to the network on the way to {}; "
                    "use https (http is accepted for localhost, 127.0.0.1 and ::1 only)",
                    base.peer()));
  return base;
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto port =
      colon == std::string_view::npos ? std::nullopt : parse_port(text.substr(colon + 1));
  auto host = std::string(text.substr(0, port ? colon : 0));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code error;
  ip::make_address(host, error);
  if (!port || error)
    return bad_input("bad_address", fmt::format("'{}' is not an address and port such as "
                                                "127.0.0.1:9464",
                                                text));
  return ListenAddress{.host = std::move(host), .port = *port};
}

}  // namespace rolecall
