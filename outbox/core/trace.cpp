#include "outbox/core/trace.hpp"

namespace rolecall {

std::string_view name_of(Trace trace) {
  switch (trace) {
    case Trace::session_opened:
      return "session_opened";
    case Trace::session_lost:
      return "session_lost";
    case Trace::taken_in:
      return "taken_in";
    case Trace::leased:
      return "leased";
    case Trace::call_refused:
      return "call_refused";
    case Trace::throttled:
      return "throttled";
    case Trace::call_started:
      return "call_started";
    case Trace::call_finished:
      return "call_finished";
    case Trace::settled:
      return "settled";
    case Trace::settle_busy:
      return "settle_busy";
    case Trace::settle_stale:
      return "settle_stale";
    case Trace::lease_dropped:
      return "lease_dropped";
    case Trace::woken:
      return "woken";
    case Trace::rescued:
      return "rescued";
    case Trace::read_finished:
      return "read_finished";
    case Trace::reduced:
      return "reduced";
    case Trace::confirmed:
      return "confirmed";
    case Trace::provider_changed:
      return "provider_changed";
    case Trace::reconciled:
      return "reconciled";
    case Trace::events_pulled:
      return "events_pulled";
    case Trace::event_applied:
      return "event_applied";
    case Trace::pull_failed:
      return "pull_failed";
    case Trace::slept:
      return "slept";
    case Trace::awoke:
      return "awoke";
    case Trace::statement:
      return "statement";
    case Trace::store_failed:
      return "store_failed";
    case Trace::maintenance:
      return "maintenance";
    case Trace::webhook:
      return "webhook";
    case Trace::drain_started:
      return "drain_started";
    case Trace::drain_finished:
      return "drain_finished";
  }
  return {};
}

}  // namespace rolecall
