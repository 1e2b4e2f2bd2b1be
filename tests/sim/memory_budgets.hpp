// memory_budgets.hpp -- rate budgets in memory, as the database's functions keep them.
// Owns:    limits, and what was given out of them.
// Thread:  one.
// Fails:   never.
// Never:   reads a clock.
#pragma once

#include <array>

#include "outbox/core/rate.hpp"

namespace rolecall::sim {

class MemoryBudgets {
 public:
  // So many calls in so long, all of them ours.
  void limit(RateClass rate_class, int calls, Millis in);
  TokenBlock take(RateClass rate_class, int want, WallTime now);
  void slow(const Throttle& throttle, WallTime now);

 private:
  using Micros = std::chrono::microseconds;
  struct Pace {
    double calls = 1e6;  // in `in`: as good as none unless limited
    Millis in{1'000};
    WallTime given_until{};
    WallTime quiet_until{};
    double factor = 1;
    WallTime slowed_at{};
    bool was_slowed = false;
    WallTime window_at{};
    double window_given = 0;
    double window_before = 0;

    double factor_at(WallTime now) const;
    Micros every(WallTime now) const;
    void move_window(WallTime now);
  };
  Pace& of(RateClass rate_class) { return paces_.at(static_cast<std::size_t>(rate_class)); }

  std::array<Pace, kRateClasses.size()> paces_{};
};

}  // namespace rolecall::sim
