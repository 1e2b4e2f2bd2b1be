// promises.hpp -- what a benchmark was wanted to show, beside what it measured.
// Owns:    whether all that was promised so far held.
// Thread:  one.
// Fails:   never; a broken promise is the exit code.
// Never:   rounds in favour of a promise: what is compared is what was measured.
#pragma once

#include <string>

namespace rolecall::bench {

class Promises {
 public:
  // Print one line each; `unit` stands behind both numbers, as in " %" or " s".
  void at_least(const std::string& what, double wanted, double measured, const std::string& unit);
  void at_most(const std::string& what, double wanted, double measured, const std::string& unit);

  int exit_code() const { return held_ ? 0 : 1; }

 private:
  void tell(const std::string& what, const std::string& wanted, const std::string& measured,
            bool holds);
  bool held_ = true;
};

}  // namespace rolecall::bench
