#include "worker/core/send_check.hpp"

#include <algorithm>

namespace rolecall {

SendAnswer send_check(const SendQuestion& q, const Limits& limits) {
  const Millis call_deadline{limits.call_deadline_ms};
  if (!q.session_good) return std::string_view{"session_unverified"};
  // Nobody renews a lease, so the whole call must fit into what is left of it.
  if (q.lease_end && *q.lease_end - q.now < call_deadline) return std::string_view{"lease_too_old"};
  // Only a probe, which was taken as one, asks a provider that is down.
  if (q.provider_down) return std::string_view{"provider_down"};
  Instant deadline = q.now + call_deadline;
  if (q.drain_end) {
    if (!q.under_way || *q.drain_end - q.now < Millis{limits.drain_call_ms})
      return std::string_view{"draining"};
    deadline = std::min(deadline, *q.drain_end);
  }
  return deadline;
}

}  // namespace rolecall
