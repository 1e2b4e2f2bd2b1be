// rate.hpp -- WorkOS's rate limits, as all replicas keep them together.
// Owns:    nothing.
// Thread:  values; share freely.
// Fails:   never.
// Never:   counts or waits.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "outbox/core/time.hpp"

namespace rolecall {

// Which limit a call counts towards. Every call counts towards `general` as well.
enum class RateClass { general, um_read, um_write, organization_delete };
inline constexpr std::array kRateClasses{RateClass::general, RateClass::um_read,
                                         RateClass::um_write, RateClass::organization_delete};
std::string_view name_of(RateClass rate_class);

// Calls that this worker may make: the first so long after the answer, the others at even distances
// behind it. What is not used then lapses.
struct TokenBlock {
  int tokens = 0;
  std::chrono::microseconds first_in{0};
  std::chrono::microseconds every{0};
  Millis ask_again{0};  // no tokens: there may be some then
};

// WorkOS answered 429.
struct Throttle {
  RateClass rate_class = RateClass::general;
  int answers = 0;
  Millis pause{0};  // as WorkOS asked for (Retry-After); 0: it did not say
};

}  // namespace rolecall
