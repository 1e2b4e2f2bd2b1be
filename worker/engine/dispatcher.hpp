// dispatcher.hpp -- the main loop: asks the scheduler what to do next, and does exactly that.
// Owns:    nothing; worker/core/scheduler.hpp decides.
// Thread:  the engine's executor.
// Fails:   never; what failed is told to the scheduler.
// Never:   waits for a delivery; those run beside it.
#pragma once

#include "worker/engine/engine_state.hpp"

namespace rolecall {

// Until drained or killed. `keep` lives as long as what this starts.
Task<void> dispatch(EngineState& state, std::weak_ptr<void> keep);

}  // namespace rolecall
