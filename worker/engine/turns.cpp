#include "worker/engine/turns.hpp"

#include <algorithm>

namespace rolecall {
namespace {

constexpr std::chrono::hours kFar{1};

Task<void> fetch(EngineState& state, RateClass rate_class, int tokens) {
  CallLine& line = state.waiting(rate_class).line;
  const auto block =
      co_await state.timed("take_tokens", state.ports.store.take_tokens(rate_class, tokens));
  if (state.stopped()) co_return;
  if (block)
    line.granted(state.now(), *block);
  else
    line.failed(state.now(), state.chance());
  state.waiting(rate_class).pulse->cancel();
}

}  // namespace

Task<bool> await_turn(EngineState& state, RateClass rate_class, int priority, Instant until) {
  CallersWaiting& waiting = state.waiting(rate_class);
  const auto timer = state.ports.clock.make_timer();
  const CallLine::Ticket ticket = waiting.line.join(priority);
  waiting.callers.emplace(ticket, timer.get());
  waiting.pulse->cancel();
  co_await timer->wait_until(until);
  waiting.line.leave(ticket);
  // Whose turn it is was taken out of the line.
  co_return waiting.callers.erase(ticket) == 0;
}

Task<void> keep_turns(EngineState& state, std::weak_ptr<void> keep, RateClass rate_class) {
  CallersWaiting& waiting = state.waiting(rate_class);
  while (!state.stopped() && !state.closing) {
    const CallLine::Next next = waiting.line.next(state.now());
    for (const CallLine::Ticket ticket : next.turns) {
      waiting.callers.at(ticket)->cancel();
      waiting.callers.erase(ticket);
    }
    // Turns that come meanwhile do not wait for it.
    if (next.ask > 0) state.tasks.spawn(keep.lock(), fetch(state, rate_class, next.ask));
    co_await waiting.pulse->wait_until(next.look_again.value_or(state.now() + kFar));
  }
}

void throttled(EngineState& state, RateClass rate_class, std::optional<Millis> retry_after) {
  const Millis pause = retry_after.value_or(Millis{0});
  CallersWaiting& waiting = state.waiting(rate_class);
  waiting.line.throttled(state.now(), std::max(pause, Millis{state.limits.throttle_pause_ms}));
  waiting.pulse->cancel();
  state.tally.count(Throttle{rate_class, 1, pause});
  state.emit(
      {.what = Trace::throttled, .code = std::string{name_of(rate_class)}, .elapsed = pause});
}

}  // namespace rolecall
