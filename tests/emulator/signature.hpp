// signature.hpp -- how WorkOS signs a webhook.
// Owns:    nothing.
// Thread:  pure functions.
// Fails:   never.
// Never:   reads a clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rolecall::emulator {

// "t=<milliseconds>, v1=<hex HMAC-SHA256 of "<milliseconds>.<body>">"
std::string sign_webhook(std::string_view secret, std::int64_t millis, std::string_view body);

}  // namespace rolecall::emulator
