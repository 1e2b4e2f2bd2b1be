#include "outbox/core/backoff.hpp"

#include <algorithm>

namespace rolecall {
namespace {

// A longer wish is a mistake of the other side, and arithmetic must not overflow on it.
constexpr Millis kLongest = std::chrono::hours{24 * 366};

Millis share(Millis span, double fraction) {
  const double bounded = std::clamp(fraction, 0.0, 1.0);
  return Millis{static_cast<Millis::rep>(static_cast<double>(span.count()) * bounded)};
}

}  // namespace

Millis window(const BackoffPolicy& policy, int attempts) {
  Millis w = policy.first;
  for (int i = 0; i < attempts && w < policy.last; ++i) w *= 2;
  return std::min(w, policy.last);
}

Millis full_jitter(const BackoffPolicy& policy, int attempts, double fraction) {
  return share(window(policy, attempts), fraction);
}

Millis obey(const BackoffPolicy& policy, Millis jittered, std::optional<Millis> retry_after,
            double fraction) {
  if (!retry_after) return jittered;
  return std::max(jittered, std::min(*retry_after, kLongest) + share(policy.first, fraction));
}

}  // namespace rolecall
