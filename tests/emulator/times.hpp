// times.hpp -- wall time as WorkOS writes it: ISO 8601, UTC, milliseconds.
// Owns:    nothing.
// Thread:  pure functions.
// Fails:   parse_time answers nothing for what is no time.
// Never:   reads a clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "outbox/core/time.hpp"

namespace rolecall::emulator {

// WorkOS keeps milliseconds: what is finer is cut off.
WallTime whole_millis(WallTime time);
std::int64_t epoch_millis(WallTime time);

// "2026-01-15T12:00:00.000Z"
std::string format_time(WallTime time);

// "Thu, 15 Jan 2026 12:00:00 GMT", as HTTP writes it.
std::string format_http_date(WallTime time);

// A date, or a date and time with or without fraction, ending in Z, an offset or nothing (UTC).
std::optional<WallTime> parse_time(std::string_view text);

}  // namespace rolecall::emulator
