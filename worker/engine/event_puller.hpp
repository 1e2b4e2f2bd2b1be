// event_puller.hpp -- reads WorkOS's event stream into the inbox, page by page, to its end.
// Owns:    nothing; the store's schedule lets one worker of all through.
// Thread:  the engine's executor.
// Fails:   never; what WorkOS or the store refuses is told and tried again, ever more slowly.
// Never:   applies an event, or moves on before the store has the page.
#pragma once

#include "worker/engine/engine_state.hpp"

namespace rolecall {

// Until the engine drains or is killed.
Task<void> pull_events(EngineState& state);

}  // namespace rolecall
