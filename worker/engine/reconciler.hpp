// reconciler.hpp -- compares one organization after another with WorkOS, in the background.
// Owns:    nothing; the store's schedule lets one worker of all through, and says whose turn it is.
// Thread:  the engine's executor.
// Fails:   never; what WorkOS or the store refuses is told, and the next organization has its turn.
// Never:   calls before what delivers, reads back or pulls.
#pragma once

#include "worker/engine/engine_state.hpp"

namespace rolecall {

// Until the engine drains or is killed.
Task<void> reconcile_all(EngineState& state);

}  // namespace rolecall
