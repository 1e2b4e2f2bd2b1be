// single_write.hpp -- the course of all deliveries: at most one mutating call, then a settlement.
// Owns:    its lease.
// Thread:  used by one coroutine.
// Fails:   through its settlement.
// Never:   makes a second mutating call; what follows the write are reads.
#pragma once

#include <utility>

#include "worker/core/workflow.hpp"
#include "workflows/options.hpp"
#include "workflows/workos/calls.hpp"

namespace rolecall {

class SingleWrite : public DeliveryWorkflow {
 public:
  DeliveryStep start() final;
  DeliveryStep resume(const CallAnswer& answer) final;

 protected:
  SingleWrite(Lease lease, WorkflowOptions options);

  // The write, or a settlement where there is nothing to write.
  virtual DeliveryStep begin() = 0;
  // WorkOS said 2xx. A failure (of its body) leaves the write in doubt.
  virtual Result<Settlement> accepted(const HttpResponse& response) = 0;
  // WorkOS refused, or there was no answer. The ordinary verdict unless overridden.
  virtual DeliveryStep refused(Failure failure);
  // The answer to a read that `refused` asked for.
  virtual DeliveryStep read_answered(const CallAnswer& answer);

  static Call write(HttpRequest request) { return workos::writing(std::move(request)); }
  static Call read(HttpRequest request) { return workos::reading(std::move(request)); }
  const Lease& lease() const { return lease_; }
  const WorkflowOptions& options() const { return options_; }

 private:
  DeliveryStep write_answered(const CallAnswer& answer);
  // After a 403: does the key open anything at all?
  DeliveryStep key_answered(const CallAnswer& answer) const;

  enum class Phase { writing, trying_key, reading };
  Lease lease_;
  WorkflowOptions options_;
  Phase phase_ = Phase::writing;
  Failure forbidden_{};
};

}  // namespace rolecall
