// calls.hpp -- one call to WorkOS: checked before it leaves, measured, counted, told.
// Owns:    nothing.
// Thread:  the engine's executor.
// Fails:   a call that may not leave is refused with a reason; its caller gives the row back.
// Never:   repeats a call.
#pragma once

#include <optional>
#include <string>

#include "worker/core/send_check.hpp"
#include "worker/engine/engine_state.hpp"

namespace rolecall {

// On whose behalf is called.
struct Caller {
  WorkerId worker{};                   // the session under which its row was taken
  std::optional<Instant> lease_end{};  // none: a read
  TraceEvent about{};                  // subject, organization, kind, version, token
  bool under_way = false;              // it has called before
};

struct CallResult {
  CallAnswer answer;
  RequestId request_id{};
  Millis elapsed{0};
};

// None: the call was refused (and said so), or the engine stopped meanwhile.
Task<std::optional<CallResult>> call(EngineState& state, const Caller& caller, HttpRequest request);

}  // namespace rolecall
