#include "worker/engine/session_keeper.hpp"

namespace rolecall {
namespace {

Task<void> open_session(EngineState& state) {
  const Instant asked = state.now();
  const auto opened =
      co_await state.timed("open_session", state.ports.store.open_session(state.session));
  if (state.stopped()) co_return;
  if (!opened) {
    state.watch.open_failed(state.now(), state.chance());
    co_return;
  }
  state.watch.opened(*opened, asked);
  state.emit({.what = Trace::session_opened});
  state.dispatcher_pulse->cancel();
  state.puller_pulse->cancel();
  state.reconciler_pulse->cancel();
}

}  // namespace

Task<bool> check_session(EngineState& state) {
  const auto worker = state.watch.worker();
  if (!worker) co_return false;
  const Instant asked = state.now();
  state.watch.asked(asked);
  const auto alive =
      co_await state.timed("verify_session", state.ports.store.verify_session(*worker));
  if (state.stopped() || !alive) co_return false;
  if (!state.watch.verified(*worker, asked, *alive)) state.lose_session("the session was retired");
  co_return *alive;
}

Task<void> keep_session(EngineState& state) {
  while (!state.stopped() && !state.closing) {
    const SessionWatch::Next next = state.watch.next(state.now(), state.busy());
    switch (next.step) {
      case SessionWatch::Step::open:
        co_await open_session(state);
        break;
      case SessionWatch::Step::verify:
        co_await check_session(state);
        break;
      case SessionWatch::Step::give_up:
        state.lose_session("the database did not answer for the session");
        break;
      case SessionWatch::Step::wait:
        co_await state.keeper_pulse->wait_until(next.until);
        break;
    }
  }
}

}  // namespace rolecall
