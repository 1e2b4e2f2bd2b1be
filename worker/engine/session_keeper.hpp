// session_keeper.hpp -- keeps a database session that is proved alive while leases are held.
// Owns:    nothing; worker/core/session_watch.hpp decides.
// Thread:  the engine's executor.
// Fails:   never; a session that is over is followed by a new one, with a new id.
// Never:   revives a session.
#pragma once

#include "worker/engine/engine_state.hpp"

namespace rolecall {

// Until the engine closes or is killed.
Task<void> keep_session(EngineState& state);

// One verification now. False: unproved, or over.
Task<bool> check_session(EngineState& state);

}  // namespace rolecall
