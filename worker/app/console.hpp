// console.hpp -- where a command speaks: what was asked for on `out`, what went wrong on `err`.
// Owns:    nothing.
// Thread:  main's.
// Fails:   never.
// Never:   is written to by the worker's loop; that logs.
#pragma once

#include <iosfwd>

#include "outbox/core/failure.hpp"

namespace rolecall {

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool is_terminal = false;     // `out` is one: progress and repainting make sense
  bool shows_progress = false;  // `err` is one: long work tells there how far it is
};

// Says what went wrong and answers the exit code.
int complain(const Console& console, const Failure& failure);

}  // namespace rolecall
