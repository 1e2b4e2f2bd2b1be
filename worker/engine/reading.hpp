// reading.hpp -- one verification: a subject's state at WorkOS is read and recorded as a fact.
// Owns:    its workflow.
// Thread:  the engine's executor; one coroutine for each read.
// Fails:   a read that found no answer is not recorded, and due again as the store decided.
// Never:   decides what the read means; the reducer does.
#pragma once

#include "worker/engine/engine_state.hpp"

namespace rolecall {

Task<void> read_back(EngineState& state, Verification asked, WorkerId worker);

}  // namespace rolecall
