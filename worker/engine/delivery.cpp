#include "worker/engine/delivery.hpp"

#include <utility>
#include <variant>

#include "worker/core/verdict.hpp"
#include "worker/engine/calls.hpp"
#include "worker/engine/turns.hpp"

namespace rolecall {
namespace {

Caller caller_of(const HeldLease& held) {
  Caller caller;
  caller.worker = held.worker;
  caller.lease_end = held.lease_end;
  caller.taken_while_up = held.taken_while_up;
  caller.priority = held.lease.priority;
  caller.about.subject = held.lease.subject;
  caller.about.organization = held.lease.organization;
  caller.about.kind = held.lease.kind;
  caller.about.version = held.lease.version;
  caller.about.token = held.lease.token;
  caller.about.outbox_id = held.lease.outbox_id;
  return caller;
}

// What was measured on the way joins the settlement.
struct Measured {
  RequestId request_id{};
  Millis call_time{0};
};

// None: the engine stopped.
Task<std::optional<Settlement>> say(EngineState& state, const HeldLease& held, Measured& measured) {
  const Lease& lease = held.lease;
  if (auto poison = poisoned(lease, state.limits)) co_return *std::move(poison);
  const auto workflow = state.ports.workflows.deliver(lease);
  if (!workflow) co_return broken(lease, false, "no_workflow", "no workflow for " + lease.kind);

  Caller caller = caller_of(held);
  bool mutated = false;
  RateClass rate_class = RateClass::general;
  DeliveryStep step = workflow->start();
  while (auto* next = std::get_if<Call>(&step)) {
    if (next->mutates && mutated)
      co_return broken(lease, true, "second_mutation", lease.kind + " asked to write twice");
    const bool mutates = next->mutates;
    rate_class = next->rate_class;
    const auto called = co_await call(state, caller, std::move(next->request), rate_class);
    if (state.stopped()) co_return std::nullopt;
    if (!called) {
      auto known = workflow->interrupted();
      if (!known) co_return given_back(lease, mutated);
      step = *std::move(known);
      break;
    }
    caller.under_way = true;
    mutated = mutated || mutates;
    measured.call_time += called->elapsed;
    if (!called->request_id.empty()) measured.request_id = called->request_id;
    step = workflow->resume(called->answer);
  }
  Settlement asked = std::get<Settlement>(std::move(step));
  state.tally.count(asked);
  if (asked.failure && asked.failure->kind == FailureClass::throttled)
    throttled(state, rate_class, asked.failure->retry_after);
  co_return verdict(lease, std::move(asked), state.limits, state.chance());
}

}  // namespace

Task<void> deliver(EngineState& state, HeldLease held) {
  Measured measured;
  auto settlement = co_await say(state, held, measured);
  --state.deliveries;
  if (state.stopped() || !settlement) co_return;
  if (settlement->request_id.empty()) settlement->request_id = measured.request_id;
  settlement->call_time = measured.call_time;

  SettleEntry entry;
  entry.worker = held.worker;
  entry.lease_end = held.lease_end;
  entry.organization = std::move(held.lease.organization);
  entry.kind = std::move(held.lease.kind);
  entry.version = held.lease.version;
  entry.outbox_id = held.lease.outbox_id;
  entry.replaced = held.lease.version.number() - held.lease.delivered.number() - 1;
  entry.settlement = *std::move(settlement);
  state.queue.add(std::move(entry));
  state.settler_pulse->cancel();
  state.dispatcher_pulse->cancel();
}

}  // namespace rolecall
