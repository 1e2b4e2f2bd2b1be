#include "worker/core/pacing.hpp"

#include "outbox/core/backoff.hpp"

namespace rolecall {

Instant RetryPace::failed(Instant now, double fraction) {
  const BackoffPolicy policy{first_, last_};
  const Millis whole = window(policy, failures_);
  const Millis chance = full_jitter(policy, failures_, fraction);
  ++failures_;
  return now + whole / 2 + chance / 2;
}

}  // namespace rolecall
