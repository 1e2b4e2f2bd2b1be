// provider_tally.hpp -- how calls went since the last report; the store decides about the breaker.
// Owns:    counts.
// Thread:  the engine's executor.
// Fails:   never.
// Never:   opens a breaker itself; the decision is shared by all workers.
#pragma once

#include <vector>

#include "outbox/core/exchange.hpp"
#include "outbox/core/rate.hpp"
#include "worker/core/workflow.hpp"

namespace rolecall {

class ProviderTally {
 public:
  void count(const CallAnswer& answer);
  // What a workflow recognised that a status alone does not show: a 403 for the whole key.
  void count(const Settlement& settlement);

  // Good news is reported only to a breaker that is not closed.
  bool worth_reporting(ProviderMode mode) const;
  ProviderReport take();
  // A report that did not arrive counts again.
  void put_back(const ProviderReport& report);

  // Answers of 429, summed up by class.
  void count(const Throttle& throttle);
  const std::vector<Throttle>& throttles() const { return throttles_; }
  Throttle take_throttle();  // only where there is one

 private:
  ProviderReport counts_;
  std::vector<Throttle> throttles_{};
};

}  // namespace rolecall
