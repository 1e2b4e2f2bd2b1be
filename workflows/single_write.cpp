#include "workflows/single_write.hpp"

#include <fmt/format.h>

#include "workflows/settle.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/requests.hpp"

namespace rolecall {

SingleWrite::SingleWrite(Lease lease, WorkflowOptions options)
    : lease_(std::move(lease)), options_(std::move(options)) {}

DeliveryStep SingleWrite::start() {
  return begin();
}

DeliveryStep SingleWrite::resume(const CallAnswer& answer) {
  switch (phase_) {
    case Phase::writing:
      return write_answered(answer);
    case Phase::trying_key:
      return key_answered(answer);
    case Phase::reading:
      break;
  }
  return read_answered(answer);
}

DeliveryStep SingleWrite::write_answered(const CallAnswer& answer) {
  phase_ = Phase::reading;
  if (!answer) return refused(answer.error());
  if (workos::is_success(*answer)) {
    auto settlement = accepted(*answer);
    if (settlement) return *std::move(settlement);
    return settle_failure(lease_, options_, settlement.error());
  }
  Failure failure = workos::failure_of(*answer);
  if (failure.kind != FailureClass::forbidden) return refused(std::move(failure));
  phase_ = Phase::trying_key;
  forbidden_ = std::move(failure);
  return read(workos::list_environment_roles());
}

DeliveryStep SingleWrite::key_answered(const CallAnswer& answer) const {
  if (!answer) return settle_retry(lease_, answer.error());
  if (workos::is_success(*answer)) return settle_failure(lease_, options_, forbidden_);
  Failure failure = workos::failure_of(*answer);
  if (failure.kind != FailureClass::forbidden) return settle_retry(lease_, std::move(failure));
  failure = forbidden_;
  failure.kind = FailureClass::unauthorised;
  failure.detail = fmt::format("WorkOS refuses the environment's roles to this API key as well: {}",
                               forbidden_.detail);
  return settle_retry(lease_, std::move(failure));
}

DeliveryStep SingleWrite::refused(Failure failure) {
  return settle_failure(lease_, options_, std::move(failure));
}

DeliveryStep SingleWrite::read_answered(const CallAnswer& /*answer*/) {
  Failure failure;
  failure.code = "unasked_answer";
  failure.detail = "a workflow was given an answer after it had settled";
  return settle_retry(lease_, std::move(failure));
}

}  // namespace rolecall
