#include "worker/core/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "outbox/core/backoff.hpp"

namespace rolecall {
namespace {

Settlement blank(const Lease& lease, bool mutated) {
  Settlement s;
  s.subject = lease.subject;
  s.token = lease.token;
  s.send = lease.send;
  s.outcome = Outcome::retry;
  s.fate = mutated ? SendFate::open : SendFate::unsent;
  return s;
}

// Waiting for something else to appear is not counted, so its attempts do not grow: the shortest
// wait is the first window, and what is added on top spreads the waiters.
Millis dependency_delay(const Lease& lease, const Limits& limits, double fraction) {
  const Millis first{limits.dependency_first_ms};
  const Millis last{limits.dependency_last_ms};
  const BackoffPolicy policy{first, last};
  return std::min(last, first + full_jitter(policy, lease.attempts, fraction));
}

Millis retry_delay(const Lease& lease, const Failure& failure, const Limits& limits,
                   double fraction) {
  const BackoffPolicy policy{Millis{limits.backoff_first_ms}, Millis{limits.backoff_last_ms}};
  if (failure.kind == FailureClass::missing_dependency)
    return obey(policy, dependency_delay(lease, limits, fraction), failure.retry_after, fraction);
  // Told to slow down without a time: a whole window at least, not a share of it.
  std::optional<Millis> floor = failure.retry_after;
  if (failure.kind == FailureClass::throttled && !floor) floor = policy.first;
  return obey(policy, full_jitter(policy, lease.attempts, fraction), floor, fraction);
}

// WorkOS did not do it, whatever the reason: the next pause is longer. Nothing ever dies of this.
bool lengthens_backoff(const Failure& failure) {
  return failure.kind == FailureClass::transient || failure.kind == FailureClass::in_doubt ||
         failure.kind == FailureClass::throttled || failure.kind == FailureClass::unauthorised;
}

}  // namespace

Settlement verdict(const Lease& lease, Settlement asked, const Limits& limits, double fraction) {
  asked.subject = lease.subject;
  asked.token = lease.token;
  asked.send = lease.send;
  if (asked.outcome == Outcome::retry && asked.failure) {
    asked.delay = std::max(asked.delay, retry_delay(lease, *asked.failure, limits, fraction));
    asked.counts = asked.counts || lengthens_backoff(*asked.failure);
  }
  // The same refusal after a look is looked at later and later.
  if (asked.outcome == Outcome::look && asked.failure &&
      asked.failure->kind == FailureClass::look_first) {
    asked.delay = std::max(asked.delay, retry_delay(lease, *asked.failure, limits, fraction));
    asked.counts = true;
  }
  asked.delay = std::max(asked.delay, Millis{0});
  return asked;
}

std::optional<Settlement> poisoned(const Lease& lease, const Limits& limits) {
  if (lease.leases <= limits.leases_without_result) return std::nullopt;
  return broken(lease, false, "poison",
                fmt::format("leased {} times and no worker came back with a result; look for a "
                            "crash in the logs, then rolecall.release it",
                            lease.leases - 1));
}

Settlement given_back(const Lease& lease, bool mutated) {
  return blank(lease, mutated);
}

Settlement broken(const Lease& lease, bool mutated, std::string code, std::string detail) {
  Settlement s = blank(lease, mutated);
  s.outcome = Outcome::held;
  Failure failure;
  failure.kind = FailureClass::bug;
  failure.code = std::move(code);
  failure.detail = std::move(detail);
  s.failure = std::move(failure);
  return s;
}

}  // namespace rolecall
