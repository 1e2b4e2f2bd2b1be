// trace.hpp -- what happened, as values; metrics, logs and the simulator's checkers observe them.
// Owns:    its text; no secret and no personal data beyond ids ever stands in it.
// Thread:  observers are called on the engine's executor.
// Fails:   never; an observer does not throw.
// Never:   feeds back: no observer changes what the engine does.
#pragma once

#include <string>
#include <string_view>

#include "outbox/core/failure.hpp"
#include "outbox/core/ids.hpp"
#include "outbox/core/time.hpp"

namespace rolecall {

enum class Trace {
  session_opened,    // worker
  session_lost,      // worker: nothing is sent from now on
  taken_in,          // count rows went from outbox into lanes
  leased,            // subject, organization, kind, version, token
  call_refused,      // it may not leave: code says why (lease_too_old, session_unverified,
                     // draining, provider_down, no_turn)
  throttled,         // WorkOS answered 429: code = rate class, elapsed = what it asked for
  call_started,      // subject, kind, version, token, code = method, detail = path
  call_finished,     // the same, http_status, request_id, elapsed; failure class if it failed
  settled,           // the same, code = outcome, elapsed = call time; delivered: count = older
                     // versions that it replaced unsaid
  settle_busy,       // subject: locked by somebody, settles again
  settle_stale,      // subject, token: the fence said no
  lease_dropped,     // subject: never settled, the lease time ended first
  woken,             // count lanes whose wait is over
  rescued,           // count lanes freed from workers that are gone
  read_finished,     // subject: a verification read; code = present, absent, discarded or failed
  reduced,           // subject: code = verdict
  confirmed,         // subject, version; elapsed = until it was in force at WorkOS, 0: unknown
  provider_changed,  // code = up, open, unauthorised, paused; detail = why
  events_pulled,     // count events of a page; code = end where the stream was read to its end
  event_applied,     // count, code = outcome, kind = the event's type
  pull_failed,       // code, detail; failure class
  reconciled,        // organization: code = compared or failed, count things compared, detail
  slept,             // nothing is due
  awoke,             // code = notified or polled
  statement,         // code = statement name, elapsed, count rows
  store_failed,      // code, detail: the database refused or is out of reach
  maintenance,       // code = schedule name, count
  webhook,           // code = accepted, unsigned, refused, malformed or too_large; detail = the
                     // event's type, or why not
  drain_started,
  drain_finished,
};

std::string_view name_of(Trace trace);

struct TraceEvent {
  Trace what;
  Instant at{};
  WorkerId worker{};
  Subject subject{};
  OrganizationId organization{};
  std::string kind{};
  Version version{};
  LeaseToken token{};
  std::string code{};
  std::string detail{};
  std::optional<FailureClass> failure{};
  int http_status = 0;
  RequestId request_id{};
  std::int64_t count = 0;
  std::chrono::microseconds elapsed{0};
  OutboxId outbox_id{};      // of a leased row, in every event about its delivery
  std::string rate_class{};  // of a call: which of WorkOS's limits it counts towards
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on(const TraceEvent& event) = 0;
};

}  // namespace rolecall
