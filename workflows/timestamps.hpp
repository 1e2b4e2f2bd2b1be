// timestamps.hpp -- instants as WorkOS and the database write them, compared as instants.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   none for what is no instant; it is never guessed.
// Never:   reads a clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "outbox/core/time.hpp"

namespace rolecall {

// RFC 3339, read leniently: 'T' or a blank, any decimals, 'Z', an offset, or neither (UTC).
std::optional<WallTime> wall_time_of(std::string_view text);

// "2026-01-15T12:00:00.000000Z".
std::string text_of(WallTime time);

// Is `a` before `b`? Empty is before everything; what is no instant is compared as text.
bool is_earlier(std::string_view a, std::string_view b);

// The later of the two.
const std::string& later_of(const std::string& a, const std::string& b);

// An HTTP date ("Tue, 20 Jan 2026 12:00:00 GMT").
std::optional<WallTime> http_date_of(std::string_view text);

}  // namespace rolecall
