#include "worker/engine/settler.hpp"

#include <algorithm>

namespace rolecall {
namespace {

constexpr std::chrono::hours kFar{1};

TraceEvent about(const SettleEntry& entry, Trace what) {
  TraceEvent event{.what = what};
  event.worker = entry.worker;
  event.subject = entry.settlement.subject;
  event.organization = entry.organization;
  event.kind = entry.kind;
  event.version = entry.version;
  event.token = entry.settlement.token;
  event.outbox_id = entry.outbox_id;
  event.code = name_of(entry.settlement.outcome);
  event.request_id = entry.settlement.request_id;
  event.elapsed = entry.settlement.call_time;
  if (entry.settlement.outcome == Outcome::delivered) event.count = entry.replaced;
  if (const auto& failure = entry.settlement.failure) {
    event.failure = failure->kind;
    event.http_status = failure->http_status;
    event.detail = failure->code + ": " + failure->detail;
  }
  return event;
}

Trace trace_of(SettleResult result) {
  switch (result) {
    case SettleResult::ok:
      return Trace::settled;
    case SettleResult::busy:
      return Trace::settle_busy;
    case SettleResult::stale:
      return Trace::settle_stale;
  }
  return Trace::settle_stale;
}

void drop_expired(EngineState& state) {
  const auto over = state.queue.expired(state.now());
  if (over.empty()) return;
  for (const SettleEntry& entry : over) state.emit(about(entry, Trace::lease_dropped));
  state.scheduler.settled(state.now(), std::nullopt);
  state.dispatcher_pulse->cancel();
}

// When the earliest of the batch is due again, if any is.
std::optional<Millis> due_again(const std::vector<SettleEnd>& ends) {
  std::optional<Millis> earliest;
  for (const SettleEnd& end : ends) {
    const Outcome outcome = end.entry.settlement.outcome;
    if (outcome != Outcome::retry && outcome != Outcome::partial && outcome != Outcome::look)
      continue;
    const Millis delay = end.entry.settlement.delay;
    earliest = earliest ? std::min(*earliest, delay) : delay;
  }
  return earliest;
}

Task<void> settle_batch(EngineState& state, SettleNext next) {
  const std::size_t asked = next.batch.size();
  const auto answers =
      co_await state.timed("settle", state.ports.store.settle(next.worker, std::move(next.batch)));
  if (state.stopped()) co_return;
  if (!answers || answers->size() != asked) {
    Failure failure{.kind = FailureClass::bug, .code = "settle_answers"};
    if (!answers) failure = answers.error();
    state.queue.failed(state.now(), failure, state.chance());
    co_return;
  }
  const auto ends = state.queue.answered(state.now(), *answers);
  for (const SettleEnd& end : ends) state.emit(about(end.entry, trace_of(end.result)));
  state.scheduler.settled(state.now(), due_again(ends));
  state.dispatcher_pulse->cancel();
}

Task<void> report_provider(EngineState& state) {
  const auto worker = state.watch.worker();
  if (!worker || !state.tally.worth_reporting(state.provider)) co_return;
  const ProviderReport report = state.tally.take();
  const auto mode =
      co_await state.timed("report_provider", state.ports.store.report_provider(*worker, report));
  if (state.stopped()) co_return;
  if (mode)
    state.provider_is(*mode, report.detail);
  else
    state.tally.put_back(report);
}

Task<void> report_throttles(EngineState& state) {
  while (!state.tally.throttles().empty()) {
    const Throttle throttle = state.tally.take_throttle();
    const auto told =
        co_await state.timed("report_throttle", state.ports.store.report_throttle(throttle));
    if (state.stopped()) co_return;
    if (told) continue;
    state.tally.count(throttle);
    co_return;
  }
}

}  // namespace

Task<void> settle_results(EngineState& state) {
  while (!state.stopped() && !state.closing) {
    drop_expired(state);
    SettleNext next = state.queue.next(state.now());
    const bool batch_out = !next.batch.empty();
    const Instant idle_until = next.look_again.value_or(state.now() + kFar);
    if (batch_out) co_await settle_batch(state, std::move(next));
    if (state.stopped()) co_return;
    co_await report_provider(state);
    co_await report_throttles(state);
    if (state.stopped()) co_return;
    if (batch_out) continue;
    // A report that did not arrive is tried again even if nothing else happens.
    const bool report_left =
        state.tally.worth_reporting(state.provider) || !state.tally.throttles().empty();
    const Instant again = state.now() + Millis{state.limits.poll_ms};
    co_await state.settler_pulse->wait_until(report_left ? std::min(idle_until, again)
                                                         : idle_until);
  }
}

}  // namespace rolecall
