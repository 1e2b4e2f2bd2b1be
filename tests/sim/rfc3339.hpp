// rfc3339.hpp -- the database's times as text, microseconds, UTC.
// Owns:    nothing.
// Thread:  pure function.
// Fails:   never.
// Never:   reads a clock.
#pragma once

#include <string>

#include "outbox/core/time.hpp"

namespace rolecall::sim {

std::string rfc3339(WallTime time);           // "2026-01-15T12:00:00.000000Z"
WallTime wall_time(const std::string& text);  // of what rfc3339 wrote

}  // namespace rolecall::sim
