// settler.hpp -- records results in batches, one store call at a time, and reports how calls went.
// Owns:    nothing; worker/core/settle_queue.hpp decides.
// Thread:  the engine's executor.
// Fails:   never; a result that cannot be recorded before its lease ends is dropped, and said so.
// Never:   settles without the lease's token.
#pragma once

#include "worker/engine/engine_state.hpp"

namespace rolecall {

// Until the engine closes or is killed.
Task<void> settle_results(EngineState& state);

}  // namespace rolecall
