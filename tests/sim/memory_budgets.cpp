#include "tests/sim/memory_budgets.hpp"

#include <algorithm>
#include <cmath>

namespace rolecall::sim {
namespace {

double seconds(std::chrono::microseconds span) {
  return std::chrono::duration<double>(span).count();
}

}  // namespace

double MemoryBudgets::Pace::factor_at(WallTime now) const {
  const double since = std::max(0.0, seconds(now - std::max(slowed_at, quiet_until)));
  return std::min(1.0, factor + 0.001 * since + 0.00014 * since * since);
}

MemoryBudgets::Micros MemoryBudgets::Pace::every(WallTime now) const {
  const double span = seconds(in) / (calls * 0.985 * factor_at(now));
  return Micros{static_cast<std::int64_t>(std::ceil(span * 1e6))};
}

void MemoryBudgets::Pace::move_window(WallTime now) {
  if (now >= window_at + 2 * in) {
    window_before = window_given = 0;
    window_at = now;
  } else if (now >= window_at + in) {
    window_before = window_given;
    window_given = 0;
    window_at += in;
  }
}

void MemoryBudgets::limit(RateClass rate_class, int calls, Millis in) {
  of(rate_class).calls = calls;
  of(rate_class).in = in;
}

TokenBlock MemoryBudgets::take(RateClass rate_class, int want, WallTime now) {
  Pace& pace = of(rate_class);
  Pace& all = of(RateClass::general);
  const Micros every = std::max(pace.every(now), all.every(now));
  const WallTime begins =
      std::max({now, pace.given_until, pace.quiet_until, all.given_until, all.quiet_until});
  constexpr Millis kBlock{250};
  constexpr Millis kAhead{500};
  if (begins > now + kAhead)
    return {.ask_again = std::max(Millis{1}, std::chrono::ceil<Millis>(begins - now - kBlock))};
  const auto in_block = std::max<std::int64_t>(1, Micros{kBlock} / every);
  TokenBlock block{.tokens = static_cast<int>(std::min<std::int64_t>(want, in_block)),
                   .first_in = begins - now,
                   .every = every};
  const Micros all_every = all.every(now);
  all.move_window(now);
  all.given_until = std::max(all.given_until, now) + block.tokens * all_every;
  all.window_given += block.tokens;
  if (&pace == &all) return block;
  pace.move_window(now);
  pace.given_until = begins + block.tokens * every;
  pace.window_given += block.tokens;
  return block;
}

void MemoryBudgets::slow(const Throttle& throttle, WallTime now) {
  Pace& pace = of(throttle.rate_class);
  pace.move_window(now);
  pace.window_given = std::max(0.0, pace.window_given - throttle.answers);
  if (!pace.was_slowed || now > std::max(pace.slowed_at, pace.quiet_until) + Millis{1'000}) {
    const double used = pace.factor_at(now);
    const double over = std::min(1.0, seconds(now - pace.window_at) / seconds(pace.in));
    const double let = (pace.window_given + pace.window_before * (1 - over)) / pace.calls;
    pace.factor = std::max(0.02, let < used ? let * 0.97 : used * 0.85);
    pace.slowed_at = now;
    pace.was_slowed = true;
  }
  const Millis pause = std::clamp(throttle.pause, Millis{1'000}, Millis{60'000});
  pace.quiet_until = std::max(pace.quiet_until, now + pause);
}

}  // namespace rolecall::sim
