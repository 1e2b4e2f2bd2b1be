// calls.hpp -- one call to WorkOS: in its turn, checked before it leaves, measured, counted, told.
// Owns:    nothing.
// Thread:  the engine's executor.
// Fails:   a call that may not leave is refused with a reason, also after call_started when what
//          permitted it was over before its first byte left; its caller gives the row back.
// Never:   repeats a call.
#pragma once

#include <optional>
#include <string>

#include "worker/core/send_check.hpp"
#include "worker/engine/engine_state.hpp"

namespace rolecall {

// Reads yield to deliveries, whose priorities are 0 to 2.
inline constexpr int kReadPriority = 3;

// On whose behalf is called.
struct Caller {
  WorkerId worker{};                   // the session under which its row was taken
  std::optional<Instant> lease_end{};  // none: a read
  TraceEvent about{};                  // subject, organization, kind, version, token
  bool under_way = false;              // it has called before
  bool taken_while_up = true;          // else it is a probe
  int priority = kReadPriority;        // of its turn among those who want to call
};

struct CallResult {
  CallAnswer answer;
  RequestId request_id{};
  Millis elapsed{0};
};

// None: the call was refused (and said so), or the engine stopped meanwhile.
Task<std::optional<CallResult>> call(EngineState& state, const Caller& caller, HttpRequest request,
                                     RateClass rate_class);

}  // namespace rolecall
