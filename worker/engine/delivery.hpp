// delivery.hpp -- one lease, from its first call to a settlement in the queue.
// Owns:    its lease and its workflow.
// Thread:  the engine's executor; one coroutine for each lease.
// Fails:   through its settlement.
// Never:   calls without a lease that outlives the call and a session that was just proved alive.
#pragma once

#include "worker/engine/engine_state.hpp"

namespace rolecall {

struct HeldLease {
  Lease lease;
  WorkerId worker{};           // the session under which it was taken
  Instant lease_end{};         // by our clock, counted from before the lease statement was sent
  bool taken_while_up = true;  // else it is a probe of a provider that is down
};

Task<void> deliver(EngineState& state, HeldLease held);

}  // namespace rolecall
