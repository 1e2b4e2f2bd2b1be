#include "worker/engine/engine_state.hpp"

namespace rolecall {

EngineState::EngineState(EnginePorts given, Limits l, SessionRequest s)
    : ports(std::move(given)),
      limits(l),
      session(std::move(s)),
      scheduler(limits, ports.clock.now()),
      watch(limits),
      queue(limits),
      tasks(ports.executor, ports.clock),
      dispatcher_pulse(ports.clock.make_timer()),
      keeper_pulse(ports.clock.make_timer()),
      settler_pulse(ports.clock.make_timer()),
      partitions_pulse(ports.clock.make_timer()),
      puller_pulse(ports.clock.make_timer()),
      reconciler_pulse(ports.clock.make_timer()) {
  for (std::size_t i = 0; i < kRateClasses.size(); ++i) lines.emplace_back(limits, ports.clock);
}

Situation EngineState::situation() const {
  Situation s;
  s.now = now();
  s.draining = drain_end.has_value();
  s.session_open = watch.worker().has_value();
  s.session_young = watch.young(s.now);
  s.deliveries = deliveries;
  s.unsettled = static_cast<int>(queue.size());
  s.reads = reads;
  return s;
}

void EngineState::emit(TraceEvent event) const {
  if (killed) return;
  event.at = now();
  if (event.worker == WorkerId{}) event.worker = watch.worker().value_or(WorkerId{});
  ports.observer.on(event);
}

void EngineState::provider_is(ProviderMode mode, std::string_view detail) {
  scheduler.provider_is(now(), mode);
  // A probe is a question, not a change: what it finds will be one.
  if (mode == provider || mode == ProviderMode::probing) return;
  provider = mode;
  emit({.what = Trace::provider_changed,
        .code = std::string{name_of(mode)},
        .detail = std::string{detail}});
  if (mode != ProviderMode::up) wake_callers();
  dispatcher_pulse->cancel();
}

void EngineState::pull_soon(Millis in) {
  const Instant at = now() + in;
  if (pull_at && *pull_at <= at) return;
  pull_at = at;
  puller_pulse->cancel();
}

void EngineState::reconcile_soon(Millis in) {
  const Instant at = now() + in;
  if (reconcile_at && *reconcile_at <= at) return;
  reconcile_at = at;
  reconciler_pulse->cancel();
}

void EngineState::lose_session(std::string_view why) {
  emit({.what = Trace::session_lost, .detail = std::string{why}});
  watch.lose();
  keeper_pulse->cancel();
  dispatcher_pulse->cancel();
}

void EngineState::wake_all() {
  dispatcher_pulse->cancel();
  keeper_pulse->cancel();
  settler_pulse->cancel();
  partitions_pulse->cancel();
  puller_pulse->cancel();
  reconciler_pulse->cancel();
  for (CallersWaiting& waiting : lines) waiting.pulse->cancel();
  wake_callers();
}

void EngineState::wake_callers() {
  for (CallersWaiting& waiting : lines)
    for (const auto& [ticket, caller] : waiting.callers) caller->cancel();
}

void EngineState::statement_ended(std::string_view name, Instant asked, std::int64_t rows,
                                  const std::optional<Failure>& failure) {
  const auto elapsed = now() - asked;
  emit({.what = Trace::statement, .code = std::string{name}, .count = rows, .elapsed = elapsed});
  if (!failure) {
    store_failing_since.reset();
    return;
  }
  if (!store_failing_since) store_failing_since = asked;
  emit({.what = Trace::store_failed,
        .kind = std::string{name},
        .code = failure->code,
        .detail = failure->detail,
        .failure = failure->kind,
        .elapsed = elapsed});
}

}  // namespace rolecall
