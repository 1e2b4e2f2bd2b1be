// http.hpp -- one HTTP exchange as values.
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   never.
// Never:   names a socket or a library.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "outbox/core/time.hpp"

namespace rolecall {

// Header names are lower case.
using Headers = std::map<std::string, std::string>;

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query, percent-encoded
  Headers headers{};         // without authorization, host and content-length
  std::string body{};

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  bool operator==(const HttpRequest&) const = default;
};

struct HttpResponse {
  int status = 0;
  Headers headers{};
  std::string body{};

  bool operator==(const HttpResponse&) const = default;
};

}  // namespace rolecall
