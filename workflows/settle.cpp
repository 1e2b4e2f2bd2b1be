#include "workflows/settle.hpp"

#include <fmt/format.h>

#include "workflows/workos/classify.hpp"

namespace rolecall {
namespace {

Settlement blank(const Lease& lease, Outcome outcome, SendFate fate) {
  Settlement settlement;
  settlement.subject = lease.subject;
  settlement.token = lease.token;
  settlement.send = lease.send;
  settlement.outcome = outcome;
  settlement.fate = fate;
  return settlement;
}

Settlement failed(const Lease& lease, Outcome outcome, SendFate fate, Failure failure) {
  Settlement settlement = blank(lease, outcome, fate);
  settlement.request_id = failure.request_id;
  settlement.delay = failure.retry_after.value_or(Millis{0});
  settlement.failure = std::move(failure);
  return settlement;
}

// It may have been applied. An absolute write is said again; of a create, a read shows it.
Settlement in_doubt(const Lease& lease, const WorkflowOptions& options, Failure failure) {
  const bool create = lease.operation == Operation::create;
  Settlement settlement =
      failed(lease, create ? Outcome::look : Outcome::retry, SendFate::open, std::move(failure));
  if (create) settlement.delay = options.visibility;
  return settlement;
}

}  // namespace

Settlement settle_delivered(const Lease& lease, const HttpResponse& response, Observation answer) {
  Settlement settlement = blank(lease, Outcome::delivered, SendFate::answered);
  settlement.request_id = workos::request_id_of(response);
  settlement.answer = std::move(answer);
  return settlement;
}

Settlement settle_unsaid(const Lease& lease) {
  return blank(lease, Outcome::delivered, SendFate::unsent);
}

Settlement settle_look(const Lease& lease, Millis delay, std::optional<Failure> failure) {
  Settlement settlement = blank(lease, Outcome::look, SendFate::unsent);
  settlement.delay = delay;
  if (failure) settlement.request_id = failure->request_id;
  settlement.failure = std::move(failure);
  return settlement;
}

Settlement settle_held(const Lease& lease, Failure failure, std::string_view advice) {
  failure.detail = failure.detail.empty() ? std::string(advice)
                                          : fmt::format("{} (WorkOS: {})", advice, failure.detail);
  Settlement settlement = failed(lease, Outcome::held, SendFate::unsent, std::move(failure));
  settlement.delay = Millis{0};
  settlement.counts = true;
  return settlement;
}

Settlement settle_invalid(const Lease& lease, Failure failure) {
  Settlement settlement = failed(lease, Outcome::dead, SendFate::unsent, std::move(failure));
  settlement.counts = true;
  return settlement;
}

Settlement settle_retry(const Lease& lease, Failure failure) {
  return failed(lease, Outcome::retry, SendFate::unsent, std::move(failure));
}

Settlement settle_failure(const Lease& lease, const WorkflowOptions& options, Failure failure) {
  switch (failure.kind) {
    case FailureClass::transient:
    case FailureClass::throttled:
    case FailureClass::unauthorised:
      return settle_retry(lease, std::move(failure));
    case FailureClass::missing_dependency: {
      Settlement settlement = settle_retry(lease, std::move(failure));
      settlement.delay = std::max(settlement.delay, options.missing_dependency_wait);
      return settlement;
    }
    case FailureClass::look_first:
      return settle_look(lease, options.visibility, std::move(failure));
    case FailureClass::rejected:
      return settle_invalid(lease, std::move(failure));
    case FailureClass::forbidden:
      return settle_held(lease, std::move(failure),
                         "WorkOS refuses this one object to an API key that it accepts elsewhere: "
                         "look at the key's permissions, then release");
    case FailureClass::in_doubt:
    case FailureClass::lease_lost:
    case FailureClass::unavailable:
    case FailureClass::bad_input:
    case FailureClass::bug:
      break;
  }
  return in_doubt(lease, options, std::move(failure));
}

}  // namespace rolecall
