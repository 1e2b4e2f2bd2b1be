#include "worker/engine/reconciler.hpp"

#include <fmt/format.h>

#include <utility>

#include "worker/engine/calls.hpp"
#include "worker/engine/reconcile_pass.hpp"
#include "worker/engine/session_keeper.hpp"
#include "worker/engine/turns.hpp"

namespace rolecall {
namespace {

constexpr int kReconcilePriority = kReadPriority + 1;  // after everything that somebody waits for

bool goes_on(const EngineState& state) {
  return !state.stopped() && !state.drain_end;
}

Task<bool> wait_for(EngineState& state, Millis span) {
  const Instant until = state.now() + span;
  while (goes_on(state) && state.now() < until) co_await state.reconciler_pulse->wait_until(until);
  co_return goes_on(state);
}

// None: it was refused, or the engine ends.
Task<std::optional<CallResult>> call_once(EngineState& state, WorkerId worker,
                                          const OrganizationId& organization, const Call& wanted) {
  Caller caller;
  caller.worker = worker;
  caller.about = {.what = Trace::call_started, .organization = organization, .kind = "reconcile"};
  caller.taken_while_up = state.provider == ProviderMode::up;
  caller.priority = kReconcilePriority;
  co_return co_await call(state, caller, wanted.request, wanted.rate_class);
}

// None: the provider is down, the session is not good any more, or the engine ends. While others
// use up the budget, what was read so far is kept, and waits for its turn.
Task<std::optional<CallAnswer>> call_for(EngineState& state, WorkerId worker,
                                         OrganizationId organization, Call wanted) {
  while (goes_on(state)) {
    if (!state.watch.young(state.now()) && !co_await check_session(state)) co_return std::nullopt;
    auto called = co_await call_once(state, worker, organization, wanted);
    if (state.stopped()) co_return std::nullopt;
    if (called) {
      if (called->answer && called->answer->status == 429)
        throttled(state, wanted.rate_class, std::nullopt);
      state.settler_pulse->cancel();  // it reports how the calls went
      co_return std::move(called->answer);
    }
    if (state.provider != ProviderMode::up || !state.watch.good(worker, state.now())) break;
    if (!co_await wait_for(state, Millis{state.limits.poll_ms})) break;
  }
  co_return std::nullopt;
}

std::string words_for(const Result<PassEnd>& end) {
  if (!end) return fmt::format("{}: {}", end.error().code, end.error().detail);
  int drift = 0, repaired = 0;
  for (const auto& [kind, n] : end->found)
    if (kind != DriftClass::pending) drift += n;
  for (const auto& [outcome, n] : end->repaired) repaired += n;
  return fmt::format("{} compared, {} differences, {} repairs begun", end->report.compared, drift,
                     repaired);
}

void tell(EngineState& state, const OrganizationId& organization, const Result<PassEnd>& end) {
  TraceEvent event{.what = Trace::reconciled, .organization = organization};
  event.code = end ? "compared" : "failed";
  event.detail = words_for(end);
  if (end) {
    event.count = end->report.compared;
  } else {
    event.failure = end.error().kind;
    event.http_status = end.error().http_status;
    event.request_id = end.error().request_id;
  }
  state.emit(std::move(event));
}

Task<void> reconcile_one(EngineState& state, WorkerId worker, const ReconcileTurn& turn) {
  const OrganizationId organization = *turn.organization;
  const PassPorts ports{
      .store = *state.ports.reconciliation,
      .workflows = state.ports.workflows,
      .call = [&](Call wanted) { return call_for(state, worker, organization, std::move(wanted)); },
      .wait = [&](Millis span) { return wait_for(state, span); }};
  PassWish wish{.who = fmt::format("worker {}", worker.number()),
                .repairs = {turn.repairs.begin(), turn.repairs.end()}};
  const auto end = co_await reconcile_organization(ports, organization, std::move(wish));
  if (state.stopped()) co_return;
  tell(state, organization, end);
  state.scheduler.facts_recorded();
  state.dispatcher_pulse->cancel();
  co_await state.timed("end_reconcile_turn",
                       state.ports.reconciliation->release(
                           worker, fmt::format("{}: {}", organization.text(), words_for(end))));
}

}  // namespace

Task<void> reconcile_all(EngineState& state) {
  while (goes_on(state)) {
    const auto worker = state.watch.worker();
    if (!worker || !state.reconcile_at || state.now() < *state.reconcile_at) {
      const Instant far = state.now() + Millis{state.limits.maintain_ms};
      const Instant soon = state.now() + Millis{state.limits.poll_ms};
      co_await state.reconciler_pulse->wait_until(worker ? state.reconcile_at.value_or(far) : soon);
      continue;
    }
    state.reconcile_at.reset();
    const auto turn =
        co_await state.timed("take_reconcile", state.ports.reconciliation->take(*worker));
    if (state.stopped()) co_return;
    if (!turn || !turn->organization) {
      const Millis retry{state.limits.store_retry_last_ms};
      if (!turn || turn->again_in) state.reconcile_soon(turn ? *turn->again_in : retry);
      continue;
    }
    state.reconciling = true;
    state.keeper_pulse->cancel();
    co_await reconcile_one(state, *worker, *turn);
    if (state.stopped()) co_return;
    state.reconciling = false;
    state.reconcile_soon(Millis{0});  // when the next is due, the store knows
  }
}

}  // namespace rolecall
