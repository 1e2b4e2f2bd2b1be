#include "worker/engine/engine.hpp"

#include <utility>

#include "worker/engine/dispatcher.hpp"
#include "worker/engine/event_puller.hpp"
#include "worker/engine/partition_keeper.hpp"
#include "worker/engine/reconciler.hpp"
#include "worker/engine/session_keeper.hpp"
#include "worker/engine/settler.hpp"
#include "worker/engine/turns.hpp"

namespace rolecall {

struct Engine::Core : EngineState {
  using EngineState::EngineState;

  static Task<void> run(std::shared_ptr<Core> core);
};

Task<void> Engine::Core::run(std::shared_ptr<Core> core) {
  EngineState& state = *core;
  if (state.stopped()) co_return;
  state.ports.store.on_notification([weak = std::weak_ptr<Core>{core}] {
    const auto alive = weak.lock();
    if (!alive || alive->killed) return;
    alive->scheduler.notified(alive->now());
    alive->notified = true;
    alive->dispatcher_pulse->cancel();
  });
  state.tasks.spawn(core, keep_session(state));
  state.tasks.spawn(core, settle_results(state));
  state.tasks.spawn(core, keep_partitions(state));
  state.tasks.spawn(core, pull_events(state));
  if (state.ports.reconciliation != nullptr) state.tasks.spawn(core, reconcile_all(state));
  for (const RateClass rate_class : kRateClasses)
    state.tasks.spawn(core, keep_turns(state, core, rate_class));
  co_await dispatch(state, core);
  state.closing = true;
  core->wake_all();
  co_await state.tasks.join();
  if (state.stopped()) co_return;
  if (const auto worker = state.watch.worker())
    co_await state.timed("close_session", state.ports.store.close_session(*worker));
  state.emit({.what = Trace::drain_finished});
}

Engine::Engine(EnginePorts ports, Limits limits, SessionRequest session)
    : core_(std::make_shared<Core>(std::move(ports), limits, std::move(session))) {}

Engine::~Engine() {
  kill();
}

Task<void> Engine::run() {
  return Core::run(core_);
}

void Engine::drain() {
  if (core_->drain_end || core_->killed) return;
  const Instant end = core_->now() + Millis{core_->limits.drain_ms};
  core_->emit({.what = Trace::drain_started});
  core_->drain_end = end;
  core_->queue.finish_by(end);
  core_->wake_all();
}

void Engine::kill() {
  if (core_->killed) return;
  core_->killed = true;
  core_->wake_all();
}

void Engine::notify() {
  core_->scheduler.notified(core_->now());
  core_->notified = true;
  core_->dispatcher_pulse->cancel();
}

void Engine::pull_soon(std::string event_id) {
  constexpr std::size_t kMostAnnounced = 1'000;  // the rest is found by pulling all the same
  if (core_->announced.size() < kMostAnnounced) core_->announced.push_back(std::move(event_id));
  core_->pull_soon(Millis{0});
}

EngineStatus Engine::status() const {
  const EngineState& state = *core_;
  EngineStatus status;
  status.worker = state.watch.worker();
  status.session_good = status.worker && state.watch.good(*status.worker, state.now());
  status.draining = state.drain_end.has_value();
  status.sleeping = state.scheduler.sleeping();
  status.deliveries = state.deliveries;
  status.unsettled = static_cast<int>(state.queue.size());
  status.reads = state.reads;
  status.provider = state.provider;
  status.store_failing_since = state.store_failing_since;
  return status;
}

}  // namespace rolecall
