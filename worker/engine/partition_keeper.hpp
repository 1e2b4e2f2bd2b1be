// partition_keeper.hpp -- has partitions made ahead and dropped past retention, beside all else.
// Owns:    nothing; the store's schedule lets one worker through.
// Thread:  the engine's executor.
// Fails:   never; what the store refuses is asked again after a minute.
// Never:   holds up a lease: with much history a drop may take seconds.
#pragma once

#include "worker/engine/engine_state.hpp"

namespace rolecall {

// Until the engine drains or is killed.
Task<void> keep_partitions(EngineState& state);

}  // namespace rolecall
