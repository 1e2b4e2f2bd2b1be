// clock.hpp -- the port through which the engine measures spans and waits.
// Owns:    nothing; an implementation owns its timers' source.
// Thread:  the engine's executor.
// Fails:   never.
// Never:   tells wall time; the database does.
#pragma once

#include <memory>

#include "outbox/core/time.hpp"
#include "outbox/task.hpp"

namespace rolecall {

// One waiting place. At most one coroutine waits on it at a time.
class Timer {
 public:
  virtual ~Timer() = default;
  // Returns at `when`, or as soon as cancel() is called, also if that was before the wait began:
  // a cancel is remembered until one wait has taken it.
  virtual Task<void> wait_until(Instant when) = 0;
  virtual void cancel() = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual std::unique_ptr<Timer> make_timer() = 0;
};

}  // namespace rolecall
