// exit_code.hpp -- what the process says at its end.
// Owns:    nothing.
// Thread:  any.
// Fails:   never.
// Never:   has a second meaning: scripts rely on these numbers.
#pragma once

#include "outbox/core/failure.hpp"

namespace rolecall::exit_code {

constexpr int done = 0;
constexpr int not_so = 1;       // the thing asked about is not so
constexpr int bad_usage = 2;    // bad usage or configuration
constexpr int unreachable = 3;  // the database or WorkOS
constexpr int interrupted = 130;

int of(const Failure& failure);

}  // namespace rolecall::exit_code
