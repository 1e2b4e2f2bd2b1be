#include <fmt/format.h>

#include "worker/app/preflight/checks.hpp"
#include "worker/app/preflight/verdicts.hpp"

namespace rolecall::preflight {
namespace {

constexpr const char* kEvents = "events";
constexpr double kLongUnread = 86'400;
constexpr const char* kBeginAnew = "select rolecall.start_events();";

Finding check_switched_off(const EventFacts& facts) {
  if (!facts.started)
    return good(kEvents, "not followed, as it is unless somebody calls rolecall.start_events()");
  if (facts.read_s.value_or(0) >= facts.kept_s)
    return error(kEvents,
                 fmt::format("switched off {} ago, and events are kept for {}",
                             span_of(*facts.read_s), span_of(facts.kept_s)),
                 kBeginAnew);
  return warning(kEvents,
                 fmt::format("switched off; read {} ago, and events are kept for {}",
                             span_of(facts.read_s.value_or(0)), span_of(facts.kept_s)),
                 "select rolecall.enable_schedule('pull_events');");
}

}  // namespace

Finding check_events(const Result<EventFacts>& looked) {
  if (!looked) return unseen(kEvents, looked.error());
  const auto& facts = *looked;
  if (!facts.refused.empty() && facts.enabled)
    return error(kEvents, "WorkOS does not show them to this key: " + facts.refused,
                 "use a key that may read events");
  if (!facts.gap.empty()) return error(kEvents, "some may be lost: " + facts.gap, kBeginAnew);
  if (!facts.enabled) return check_switched_off(facts);
  if (facts.read_s.value_or(0) >= facts.kept_s)
    return error(kEvents,
                 fmt::format("last read {} ago, and they are kept for {}", span_of(*facts.read_s),
                             span_of(facts.kept_s)),
                 kBeginAnew);
  if (facts.failing_s)
    return error(
        kEvents,
        fmt::format("every pull failed for {}: {}", span_of(*facts.failing_s), facts.last_result),
        "see what WorkOS answered; pulls go on by themselves");
  if (facts.read_s.value_or(0) > kLongUnread)
    return warning(kEvents, fmt::format("last read {} ago", span_of(*facts.read_s)),
                   "see that workers run: rolecall status");
  if (facts.parked > 0)
    return warning(
        kEvents,
        fmt::format("{} at an event that cannot be applied",
                    facts.parked == 1 ? std::string("1 organization stands still")
                                      : fmt::format("{} organizations stand still", facts.parked)),
        "select * from rolecall.attention where reason = 'parked';");
  return good(kEvents, fmt::format("read {} ago; they are kept for {}",
                                   span_of(facts.read_s.value_or(0)), span_of(facts.kept_s)));
}

}  // namespace rolecall::preflight
