// http.hpp -- a blocking HTTP client for tests and the demonstration.
// Owns:    one connection per call.
// Thread:  any.
// Fails:   throws std::runtime_error or boost::system::system_error.
// Never:   leaves loopback.
#pragma once

#include <string>

#include "worker/core/http.hpp"

namespace rolecall::testing {

// `address` is "127.0.0.1:port".
HttpResponse http(const std::string& address, const HttpRequest& request);

}  // namespace rolecall::testing
