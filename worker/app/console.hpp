// console.hpp -- where a command speaks: what was asked for on `out`, what went wrong on `err`.
// Owns:    nothing.
// Thread:  main's.
// Fails:   never.
// Never:   is written to by the worker's loop; that logs.
#pragma once

#include <iosfwd>

#include "outbox/core/failure.hpp"
#include "worker/app/config.hpp"

namespace rolecall {

struct Console {
  std::ostream& out;
  std::ostream& err;
  bool is_terminal = false;     // `out` is one: repainting makes sense
  bool shows_progress = false;  // `err` is one: long work tells there how far it is
  bool colours = false;         // `out` shows them, and NO_COLOR does not forbid them
  bool unicode = false;         // its characters are UTF-8
};

// What both can show, by TERM, NO_COLOR (https://no-color.org) and the locale.
Console console_of(std::ostream& out, bool out_is_terminal, std::ostream& err, bool err_is_terminal,
                   const Environment& environment);

// What went wrong, for people.
std::string words_for(const Failure& failure);
// Says what went wrong and answers the exit code.
int complain(const Console& console, const Failure& failure);

}  // namespace rolecall
