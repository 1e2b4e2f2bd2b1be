#include "worker/engine/dispatcher.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <tuple>
#include <utility>

#include "worker/engine/delivery.hpp"
#include "worker/engine/reading.hpp"
#include "worker/engine/session_keeper.hpp"

namespace rolecall {
namespace {

void failed(EngineState& state, Step step) {
  state.scheduler.failed(step, state.now(), state.chance());
}

Task<void> take_in(EngineState& state, int limit) {
  const auto rows = co_await state.timed("take_in", state.ports.store.take_in(limit));
  if (state.stopped()) co_return;
  if (!rows) co_return failed(state, Step::take_in);
  state.scheduler.took_in(state.now(), *rows, limit);
  if (*rows > 0) state.emit({.what = Trace::taken_in, .count = *rows});
}

void start_delivery(EngineState& state, const std::shared_ptr<void>& keep, HeldLease held) {
  TraceEvent event{.what = Trace::leased};
  event.worker = held.worker;
  event.subject = held.lease.subject;
  event.organization = held.lease.organization;
  event.kind = held.lease.kind;
  event.version = held.lease.version;
  event.token = held.lease.token;
  event.outbox_id = held.lease.outbox_id;
  state.emit(std::move(event));
  ++state.deliveries;
  state.tasks.spawn(keep, deliver(state, std::move(held)));
}

Task<void> lease(EngineState& state, const std::shared_ptr<void>& keep, int limit) {
  LeaseRequest request;
  request.worker = state.watch.worker().value_or(WorkerId{});
  request.limit = limit;
  request.lease_time = Millis{state.limits.lease_time_ms};
  request.kinds = state.ports.workflows.kinds();
  const WorkerId worker = request.worker;
  // The database starts the lease's time later than this, so that ours ends before its.
  const Instant lease_end = state.now() + request.lease_time;
  state.leasing = true;
  state.keeper_pulse->cancel();
  auto batch = co_await state.timed("lease_due", state.ports.store.lease_due(std::move(request)));
  state.leasing = false;
  if (state.stopped()) co_return;
  if (!batch) {
    // Only the session's own row can say no to a lease.
    if (batch.error().kind == FailureClass::lease_lost && state.watch.worker() == worker)
      state.lose_session("a lease was refused: " + batch.error().detail);
    co_return failed(state, Step::lease);
  }
  state.scheduler.leased(state.now(), *batch, limit);
  state.provider_is(batch->provider, {});
  const bool up = batch->provider == ProviderMode::up;
  for (Lease& one : batch->leases)
    start_delivery(state, keep, HeldLease{std::move(one), worker, lease_end, up});
}

Task<void> wake(EngineState& state, int limit) {
  const auto rows = co_await state.timed("wake", state.ports.store.wake(limit));
  if (state.stopped()) co_return;
  if (!rows) co_return failed(state, Step::wake);
  state.scheduler.woke(state.now(), *rows, limit);
  if (*rows > 0) state.emit({.what = Trace::woken, .count = *rows});
}

Task<void> rescue(EngineState& state, WorkerId worker) {
  const auto report = co_await state.timed("rescue", state.ports.store.rescue(worker));
  if (state.stopped()) co_return;
  if (!report) co_return failed(state, Step::rescue);
  state.scheduler.rescued(state.now(), *report);
  if (report->lanes_freed > 0) state.emit({.what = Trace::rescued, .count = report->lanes_freed});
}

void tell(EngineState& state, const Reduced& reduced) {
  TraceEvent event{.what = Trace::reduced};
  event.subject = reduced.subject;
  for (const auto& [type, outcome] : reduced.events) {
    TraceEvent applied{.what = Trace::event_applied};
    applied.subject = reduced.subject;
    applied.kind = type;
    applied.code = outcome;
    applied.count = 1;
    state.emit(std::move(applied));
  }
  for (const AuditEntry& entry : reduced.audit) {
    event.code = entry.verdict;
    event.detail = entry.detail;
    state.emit(event);
  }
  if (!reduced.confirmed) return;
  TraceEvent confirmed{.what = Trace::confirmed};
  confirmed.subject = reduced.subject;
  confirmed.version = *reduced.confirmed;
  confirmed.elapsed = reduced.effective_after.value_or(std::chrono::microseconds{0});
  state.emit(std::move(confirmed));
}

Task<Result<std::vector<Reduced>>> reduce_batch(EngineState& state, int limit) {
  const Workflows& workflows = state.ports.workflows;
  Reducer reducer = [&workflows](const SubjectFacts& facts) { return workflows.reduce(facts); };
  return state.timed("reduce", state.ports.store.reduce(limit, std::move(reducer)));
}

Task<void> reduce(EngineState& state, int limit) {
  using boost::asio::experimental::awaitable_operators::operator&&;
  Result<std::vector<Reduced>> first{std::vector<Reduced>{}};
  Result<std::vector<Reduced>> second{std::vector<Reduced>{}};
  if (limit > state.limits.reduce_batch)  // behind: each half on a connection of its own
    std::tie(first, second) =
        co_await (reduce_batch(state, limit - limit / 2) && reduce_batch(state, limit / 2));
  else
    first = co_await reduce_batch(state, limit);
  if (state.stopped()) co_return;
  int subjects = 0;
  bool next_rows = false;
  for (const auto* batch : {&first, &second}) {
    if (!*batch) continue;
    for (const Reduced& one : **batch) {
      tell(state, one);
      next_rows = next_rows || one.next_row;
    }
    subjects += static_cast<int>((*batch)->size());
  }
  if (!first || !second) co_return failed(state, Step::reduce);
  state.scheduler.reduced(state.now(), subjects, limit, next_rows);
}

Task<void> read(EngineState& state, const std::shared_ptr<void>& keep, WorkerId worker, int limit) {
  auto asked = co_await state.timed("take_verifications",
                                    state.ports.store.take_verifications(worker, limit));
  if (state.stopped()) co_return;
  if (!asked) co_return failed(state, Step::read);
  state.scheduler.took_reads(state.now(), static_cast<int>(asked->size()), limit);
  if (!asked->empty()) state.keeper_pulse->cancel();
  for (Verification& one : *asked) {
    ++state.reads;
    state.tasks.spawn(keep, read_back(state, std::move(one), worker));
  }
}

Task<void> maintain(EngineState& state, WorkerId worker) {
  const auto done = co_await state.timed("maintain", state.ports.store.maintain(worker));
  if (state.stopped()) co_return;
  if (!done) co_return failed(state, Step::maintain);
  state.scheduler.maintained(state.now());
  state.emit({.what = Trace::maintenance, .code = "maintain", .count = *done});
}

void take_note_of_schedules(EngineState& state, const NextDue& found) {
  if (found.pull_in && !state.pulling) state.pull_soon(*found.pull_in);
  if (found.reconcile_in && !state.reconciling) state.reconcile_soon(*found.reconcile_in);
}

Task<void> look(EngineState& state, WorkerId worker) {
  const auto found = co_await state.timed("next_due", state.ports.store.next_due(worker));
  if (state.stopped()) co_return;
  if (!found) co_return failed(state, Step::look);
  state.scheduler.looked(state.now(), *found);
  take_note_of_schedules(state, *found);
  state.provider_is(found->provider, {});
}

Task<void> idle_look(EngineState& state, WorkerId worker, const Action& action) {
  const IdleRequest request{worker, action.limit, action.maintain};
  const auto found = co_await state.timed("idle_look", state.ports.store.idle_look(request));
  if (state.stopped()) co_return;
  if (!found) co_return failed(state, Step::idle_look);
  state.scheduler.idle_looked(state.now(), *found, action);
  take_note_of_schedules(state, found->next);
  state.provider_is(found->next.provider, {});
  const int freed = found->rescue.lanes_freed;
  if (found->woken > 0) state.emit({.what = Trace::woken, .count = found->woken});
  if (freed > 0) state.emit({.what = Trace::rescued, .count = freed});
  if (action.maintain)
    state.emit({.what = Trace::maintenance, .code = "maintain", .count = found->maintained});
}

Task<void> begin_sleep(EngineState& state, WorkerId worker) {
  const auto granted = co_await state.timed("begin_sleep", state.ports.store.begin_sleep(worker));
  if (state.stopped()) co_return;
  if (!granted) co_return failed(state, Step::begin_sleep);
  state.scheduler.sleep_begun(state.now(), *granted);
}

Task<void> end_sleep(EngineState& state, WorkerId worker) {
  const auto ended = co_await state.timed("end_sleep", state.ports.store.end_sleep(worker));
  if (state.stopped()) co_return;
  if (!ended) co_return failed(state, Step::end_sleep);
  state.scheduler.sleep_ended(state.now());
}

Task<void> verify(EngineState& state) {
  if (co_await check_session(state))
    state.scheduler.session_checked(state.now());
  else if (!state.stopped())
    failed(state, Step::check_session);
}

void tell_sleep(EngineState& state, Step step) {
  if (step == Step::wait && state.scheduler.sleeping() && !state.asleep) {
    state.asleep = true;
    state.notified = false;
    state.emit({.what = Trace::slept});
  }
  const bool work =
      step == Step::take_in || step == Step::lease || step == Step::reduce || step == Step::read;
  if (work && state.asleep) {
    state.asleep = false;
    state.emit({.what = Trace::awoke, .code = state.notified ? "notified" : "polled"});
  }
}

}  // namespace

Task<void> dispatch(EngineState& state, std::weak_ptr<void> weak) {
  const std::shared_ptr<void> keep = weak.lock();
  while (!state.stopped()) {
    const Action action = state.scheduler.next(state.situation());
    const WorkerId worker = state.watch.worker().value_or(WorkerId{});
    tell_sleep(state, action.step);
    switch (action.step) {
      case Step::check_session:
        co_await verify(state);
        break;
      case Step::take_in:
        co_await take_in(state, action.limit);
        break;
      case Step::lease:
        co_await lease(state, keep, action.limit);
        break;
      case Step::wake:
        co_await wake(state, action.limit);
        break;
      case Step::rescue:
        co_await rescue(state, worker);
        break;
      case Step::reduce:
        co_await reduce(state, action.limit);
        break;
      case Step::read:
        co_await read(state, keep, worker, action.limit);
        break;
      case Step::maintain:
        co_await maintain(state, worker);
        break;
      case Step::look:
        co_await look(state, worker);
        break;
      case Step::idle_look:
        co_await idle_look(state, worker, action);
        break;
      case Step::begin_sleep:
        co_await begin_sleep(state, worker);
        break;
      case Step::end_sleep:
        co_await end_sleep(state, worker);
        break;
      case Step::wait:
        co_await state.dispatcher_pulse->wait_until(action.until);
        break;
      case Step::finish:
        co_return;
    }
  }
}

}  // namespace rolecall
