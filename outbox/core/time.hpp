// time.hpp -- spans and instants. Wall time is the database's; a worker only measures spans.
// Owns:    nothing.
// Thread:  values; share freely.
// Fails:   never.
// Never:   reads a clock.
#pragma once

#include <chrono>

namespace rolecall {

using Millis = std::chrono::milliseconds;

// A point on a worker's own monotonic clock; means nothing to anybody else.
struct MonotonicTag {};
using Instant = std::chrono::time_point<MonotonicTag, std::chrono::microseconds>;

// A point in wall time, as the database or WorkOS wrote it.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

}  // namespace rolecall
