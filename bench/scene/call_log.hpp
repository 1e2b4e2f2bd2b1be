// call_log.hpp -- the calls that reached the emulator, and how fast it let them through.
// Owns:    nothing.
// Thread:  values.
// Fails:   throws std::runtime_error when the log cannot be read.
// Never:   counts the control face's own requests: the emulator does not log them.
#pragma once

#include <string>
#include <vector>

#include "tests/support/stand.hpp"

namespace rolecall::bench {

struct LoggedCall {
  double at_s = 0;  // since 1970, to the millisecond
  std::string method{};
  std::string path{};
  std::string body{};
  int status = 0;  // 0: it was not answered
  bool applied = false;
};
using CallLog = std::vector<LoggedCall>;

CallLog call_log(testing::Stand& stand);

// Those that count towards the limit um_write.
CallLog writes_of(const CallLog& log);
int refusals(const CallLog& calls);  // answers of 429

// Calls let through between the first and the last, as a part of `per_s`.
double share_used(const CallLog& calls, double per_s);

// After how many seconds, counted from the first call, every span of `span_s` that lies within the
// calls sees at least `part` of `per_s` let through.
double settled_after(const CallLog& calls, double per_s, double part, double span_s);

}  // namespace rolecall::bench
