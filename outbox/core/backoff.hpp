// backoff.hpp -- how long to wait after a failure: exponential windows with full jitter.
// Owns:    nothing.
// Thread:  values and pure functions.
// Fails:   never; every number of attempts and every fraction has an answer.
// Never:   draws chance; the fraction is an argument.
#pragma once

#include <optional>

#include "outbox/core/time.hpp"

namespace rolecall {

struct BackoffPolicy {
  Millis first{1'000};
  Millis last{21'600'000};
};

// The window that the wait is drawn from: first * 2^attempts, at most last.
Millis window(const BackoffPolicy& policy, int attempts);

// Full jitter: `fraction` (in [0, 1)) of the window.
Millis full_jitter(const BackoffPolicy& policy, int attempts, double fraction);

// As the other side asked, and spread over one first window more, so that rows that were told the
// same second do not all come back in one millisecond. Never less than `retry_after`, whatever the
// cap.
Millis obey(const BackoffPolicy& policy, Millis jittered, std::optional<Millis> retry_after,
            double fraction);

}  // namespace rolecall
