// send_check.hpp -- may this call leave now? Asked before every call, answered from values.
// Owns:    nothing.
// Thread:  values and pure functions.
// Fails:   never.
// Never:   waits for a better answer; what may not leave goes back to the store.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "outbox/core/time.hpp"
#include "worker/core/limits.hpp"

namespace rolecall {

struct SendQuestion {
  Instant now{};
  std::optional<Instant> lease_end{};  // none: a read, which holds no lease
  bool session_good = false;           // ours, and proved recently enough
  std::optional<Instant> drain_end{};  // none: not draining
  bool under_way = false;              // this delivery has called before
  bool provider_down = false;          // it went down (or was paused) since the row was taken
};

// Either the call's deadline, or why it may not leave: "lease_too_old", "session_unverified",
// "draining", "provider_down" (as written to Trace::call_refused).
using SendAnswer = std::variant<Instant, std::string_view>;

SendAnswer send_check(const SendQuestion& question, const Limits& limits);

}  // namespace rolecall
