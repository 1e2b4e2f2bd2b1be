#include "worker/engine/partition_keeper.hpp"

namespace rolecall {

Task<void> keep_partitions(EngineState& state) {
  Instant due = state.now() + Millis{state.limits.poll_ms};
  while (!state.stopped() && !state.drain_end) {
    if (state.now() < due) {
      co_await state.partitions_pulse->wait_until(due);
      continue;
    }
    const auto done = co_await state.timed("keep_partitions", state.ports.store.keep_partitions());
    if (state.stopped()) co_return;
    due = state.now() + Millis{done ? state.limits.partitions_ms : state.limits.maintain_ms};
    if (done) state.emit({.what = Trace::maintenance, .code = "keep_partitions", .count = *done});
  }
}

}  // namespace rolecall
