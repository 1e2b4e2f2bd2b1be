#include "worker/core/provider_tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rolecall {

void ProviderTally::count(const CallAnswer& answer) {
  if (!answer) {
    ++counts_.failed;
    counts_.detail = fmt::format("{}: {}", answer.error().code, answer.error().detail);
    return;
  }
  const int status = answer->status;
  if (status == 401) {
    ++counts_.unauthorised;
    counts_.detail = "HTTP 401: the API key was refused";
  } else if (status >= 500) {
    ++counts_.failed;
    counts_.detail = fmt::format("HTTP {}", status);
  } else if (status != 429 && status != 403) {
    // A 403 is for one object or for the whole key; only what a workflow makes of it tells which.
    ++counts_.answered;
  }
}

void ProviderTally::count(const Settlement& settlement) {
  if (!settlement.failure) return;
  if (settlement.failure->kind == FailureClass::forbidden) {
    if (settlement.outcome == Outcome::held) ++counts_.answered;
    return;
  }
  if (settlement.failure->kind != FailureClass::unauthorised) return;
  if (settlement.failure->http_status == 401) return;  // counted as a call
  ++counts_.unauthorised;
  counts_.detail = settlement.failure->detail;
}

bool ProviderTally::worth_reporting(ProviderMode mode) const {
  if (counts_.failed > 0 || counts_.unauthorised > 0) return true;
  return mode != ProviderMode::up && counts_.answered > 0;
}

ProviderReport ProviderTally::take() {
  return std::exchange(counts_, ProviderReport{});
}

void ProviderTally::put_back(const ProviderReport& report) {
  counts_.answered += report.answered;
  counts_.failed += report.failed;
  counts_.unauthorised += report.unauthorised;
  if (counts_.detail.empty()) counts_.detail = report.detail;
}

void ProviderTally::count(const Throttle& throttle) {
  for (Throttle& known : throttles_) {
    if (known.rate_class != throttle.rate_class) continue;
    known.answers += throttle.answers;
    known.pause = std::max(known.pause, throttle.pause);
    return;
  }
  throttles_.push_back(throttle);
}

Throttle ProviderTally::take_throttle() {
  const Throttle oldest = throttles_.front();
  throttles_.erase(throttles_.begin());
  return oldest;
}

}  // namespace rolecall
