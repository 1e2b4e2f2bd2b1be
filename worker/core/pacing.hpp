// pacing.hpp -- when something that failed, or that comes too often, may be tried again.
// Owns:    instants of its worker's clock.
// Thread:  used by one coroutine.
// Fails:   never.
// Never:   waits, reads a clock, or draws chance.
#pragma once

#include "outbox/core/time.hpp"

namespace rolecall {

// Grows from `first` to `last` with every failure in a row. Half of the wait is fixed, half is
// chance, so that workers that lost the same database do not come back together.
class RetryPace {
 public:
  RetryPace(Millis first, Millis last) : first_(first), last_(last) {}

  // Answers when it may be tried again.
  Instant failed(Instant now, double fraction);
  void succeeded() { failures_ = 0; }
  int failures() const { return failures_; }

 private:
  Millis first_;
  Millis last_;
  int failures_ = 0;
};

}  // namespace rolecall
