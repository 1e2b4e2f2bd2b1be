// address.hpp -- where to send and where to listen, read from configuration text. Pure.
// Owns:    its text.
// Thread:  pure functions.
// Fails:   bad_input, with what is wrong and what would be right, without a URL's password.
// Never:   looks a name up or opens a socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "outbox/core/failure.hpp"

namespace rolecall {

struct BaseUrl {
  bool tls = true;
  std::string host{};  // without brackets
  std::uint16_t port = 443;
  std::string prefix{};  // path before every target: "" or "/proxy"

  std::string authority() const;  // the Host header: the port only when it is not the scheme's own
  std::string peer() const;       // host:port, for messages
};

// https anywhere; http only where nobody can listen: localhost, 127.0.0.0/8, ::1.
Result<BaseUrl> parse_base_url(std::string_view text);

struct ListenAddress {
  std::string host;  // an IP address, without brackets
  std::uint16_t port = 0;
};

// "127.0.0.1:9464", "[::1]:0", "localhost:9464" (taken as 127.0.0.1).
Result<ListenAddress> parse_listen_address(std::string_view text);

// host:port with brackets around an IPv6 address.
std::string host_and_port(std::string_view host, std::uint16_t port);

}  // namespace rolecall
