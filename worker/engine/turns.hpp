// turns.hpp -- whoever calls WorkOS waits here for its turn; the tokens are shared by all replicas.
// Owns:    nothing; EngineState has the lines.
// Thread:  the engine's executor.
// Fails:   a turn that does not come in time is refused; its caller gives the row back.
// Never:   lets a call pass by the line.
#pragma once

#include "worker/engine/engine_state.hpp"

namespace rolecall {

// False: it did not come before `until`, or the engine drains or stopped.
Task<bool> await_turn(EngineState& state, RateClass rate_class, int priority, Instant until);

// Fetches tokens for those who wait in one line, and tells them when it is their turn; until the
// engine closes. `keep` is what its tasks keep alive.
Task<void> keep_turns(EngineState& state, std::weak_ptr<void> keep, RateClass rate_class);

// WorkOS answered 429: this worker stops at once, the others when they next ask for tokens.
void throttled(EngineState& state, RateClass rate_class, std::optional<Millis> retry_after);

}  // namespace rolecall
