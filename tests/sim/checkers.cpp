#include "tests/sim/checkers.hpp"

#include <fmt/format.h>

#include "tests/sim/document.hpp"

namespace rolecall::sim {
namespace {

std::string words_for(const std::vector<SendFact>& sends) {
  std::string text;
  for (const auto& send : sends)
    text += fmt::format("[{} v{} {} {} at {}: {}]", send.id.number(), send.version.number(),
                        name_of(send.operation), name_of(send.state), send.leased_at,
                        send.value.value_or("absent"));
  return text.empty() ? "none" : text;
}

}  // namespace

void Checkers::violated(std::string what) {
  if (!violation_) violation_ = std::move(what);
}

void Checkers::published(const OutboxRow& row) {
  ++tally_.mutations;
  auto& entry = ledger_[row.subject];
  if (row.kind.starts_with("member."))
    entry.barrier = "member:" + key_part(row.organization.text()) + ":*";
  if (!entry.published.emplace(row.version, row.id).second)
    violated(
        fmt::format("I2: {} has two rows of version {}", row.subject.text(), row.version.number()));
}

void Checkers::taken_in(const OutboxRow& row) {
  auto& entry = ledger_[row.subject];
  if (!entry.published.contains(row.version) || !entry.taken.insert(row.version).second)
    violated(fmt::format("I5: version {} of {} was taken in twice, or never published",
                         row.version.number(), row.subject.text()));
}

// Met once is met: a blocker that goes back (a dead one that is retried) does not block anew.
bool Checkers::was_met(const Wait& wait) const {
  if (!wait.subject.ends_with(":*")) {
    const Subject subject{wait.subject};
    const auto blocker = ledger_.find(subject);
    if (blocker != ledger_.end() && blocker->second.reached.number() >= wait.version) return true;
    const auto observed = database_.tables().observed.find(subject);
    return observed != database_.tables().observed.end() &&
           observed->second.confirmed.number() >= wait.version;
  }
  for (const auto& [subject, entry] : ledger_) {
    if (entry.barrier != wait.subject) continue;
    for (auto at = entry.published.rbegin(); at != entry.published.rend(); ++at)
      if (at->second.number() < wait.version) {
        if (at->first > entry.reached) return false;
        break;
      }
  }
  return true;
}

bool Checkers::any_unmet(const LaneRow& lane) const {
  for (const auto& wait : lane.waits_for)
    if (!was_met(wait)) return true;
  return false;
}

void Checkers::leased(const Subject& subject, const LaneRow& before, const LaneRow& after) {
  auto& entry = ledger_[subject];
  const auto version = after.leased_version;
  const auto say = [&](std::string_view what) {
    violated(fmt::format("{}: {} version {}", what, subject.text(), version.number()));
  };
  if (entry.current != LeaseToken{} || before.state == LaneState::leased)
    say("I2: leased while leased");
  entry.current = after.token;
  if (version <= entry.delivered) say("I3: leased, although it or a newer one was delivered");
  if (entry.taken.empty() || version != *entry.taken.rbegin())
    say("I3: leased, although a newer one was taken in");
  if (version != after.wanted || after.desired != before.desired)
    say("I3: leased with another content than the lane's");
  if (before.priority > 0 && entry.waiting_since && any_unmet(before) &&
      database_.now() < *entry.waiting_since + database_.settings().wait_bound)
    say("I13: leased before what it waits for was reached");
}

void Checkers::changed(const Subject& subject, const LaneRow& lane) {
  auto& entry = ledger_[subject];
  entry.reached = std::max(entry.reached, lane.reached());
  // A newer version joins a wait under way, and begins one of its own otherwise.
  if (lane.state == LaneState::idle || (lane.wanted != entry.waiting && !entry.was_waiting))
    entry.waiting_since.reset();
  if (lane.state != LaneState::idle && !entry.waiting_since && any_unmet(lane))
    entry.waiting_since = database_.now();
  entry.waiting = lane.wanted;
  entry.was_waiting = lane.waits_on.has_value();
  if (lane.state != LaneState::leased) entry.current = LeaseToken{};
}

void Checkers::settled(const Settlement& s, SettleResult result, const LaneRow* before,
                       const LaneRow* after) {
  auto& entry = ledger_[s.subject];
  const bool earned = entry.current != LeaseToken{} && entry.current == s.token;
  if (result == SettleResult::busy) ++tally_.busy;
  if (result == SettleResult::stale) ++tally_.stale_results;
  const bool same = before && after ? *before == *after : before == after;
  if ((!earned || result != SettleResult::ok) && !same)
    violated(fmt::format("I4: a result under token {} changed {}, which it had not earned",
                         s.token.number(), s.subject.text()));
  if (earned == (result == SettleResult::stale))
    violated(fmt::format("I4: a result of {} under token {} was judged wrongly", s.subject.text(),
                         s.token.number()));
  if (result != SettleResult::ok || !before || !after) return;
  if (s.outcome == Outcome::delivered) {
    if (before->leased_version <= entry.delivered)
      violated(fmt::format("I3: {} went back to version {}", s.subject.text(),
                           before->leased_version.number()));
    entry.delivered = before->leased_version;
  }
  check_provider_failure(s, *before, *after);
}

void Checkers::check_provider_failure(const Settlement& s, const LaneRow& before,
                                      const LaneRow& after) {
  if (!s.failure) return;
  const auto kind = s.failure->kind;
  const bool providers = kind == FailureClass::transient || kind == FailureClass::throttled ||
                         kind == FailureClass::in_doubt || kind == FailureClass::unauthorised;
  if (!providers) return;
  const bool asked = before.requested == Request::hold;
  if (after.state == LaneState::dead || (after.state == LaneState::held && !asked))
    violated(fmt::format("I7: {} pays for a failure of the provider ({} {})", s.subject.text(),
                         name_of(kind), s.failure->code));
}

void Checkers::freed(const Subject& subject, const LaneRow& before, const SessionRow& session) {
  constexpr Millis kGrace{750};
  ++tally_.rescued_lanes;
  ledger_[subject].current = LeaseToken{};
  const auto now = database_.now();
  const bool closed = session.retired_because == "closed";
  const bool gone = session.retired_at && session.lock_lost_at &&
                    *session.retired_at - *session.lock_lost_at >= kGrace;
  if (!closed && !gone && before.lease_expires_at >= now)
    violated(fmt::format("I6: {} was taken from worker {}, which lives", subject.text(),
                         before.leased_by.number()));
}

void Checkers::traced(const TraceEvent& event) {
  if (event.what != Trace::call_started || event.token == LeaseToken{}) return;
  ++tally_.calls;
  auto& entry = ledger_[event.subject];
  const auto say = [&](std::string_view what) {
    violated(fmt::format("{}: {} version {} token {}", what, event.subject.text(),
                         event.version.number(), event.token.number()));
  };
  if (entry.current != event.token) say("I2: a call under a lease that is over");
  if (event.version < entry.said) say("I3: said after something newer was said");
  entry.said = event.version;
  const auto& sessions = database_.tables().sessions;
  const auto session = sessions.find(event.worker);
  constexpr Millis kProved{515};  // 500 ms on a clock that may run slow by 2 %, and its way
  if (session == sessions.end() ||
      (session->second.lock_lost_at && database_.now() - *session->second.lock_lost_at > kProved))
    say("I6: a call of a worker whose session ended");
}

void Checkers::reduced(const SubjectFacts& facts, const Result<Reduction>& reduction) {
  if (!reduction) {
    violated(fmt::format("the reducer refused the facts of {}: {}", facts.subject.text(),
                         reduction.error().detail));
    return;
  }
  for (const auto& entry : reduction->audit)
    if (entry.verdict == "late_write") ++tally_.late_writes;
  ledger_[facts.subject].cancelled_by_rule |=
      reduction->lane_cancelled && facts.kind == "role.permissions";
  auto object = database_.tables().subjects.at(facts.subject).object_key;
  if (object.starts_with("permissions:")) object.replace(0, object.find(':'), "role");
  const bool is_ours_alone = !others_wrote || !others_wrote(object);
  // Where nobody but us writes, there is nothing to adopt.
  if (is_ours_alone &&
      (reduction->adopted_desired || (reduction->next && reduction->next->adopted)))
    violated(fmt::format(
        "I10: {} took a write of its own for somebody else's: {}; sends: {}", facts.subject.text(),
        reduction->audit.empty() ? "" : reduction->audit.front().detail, words_for(facts.sends)));
  if (reduction->confirmed == facts.version && !facts.role_ended && workos_holds &&
      (is_ours_alone || is_told(object, facts.subject)) && !workos_holds(facts))
    violated(fmt::format("P5: {} version {} was confirmed, but WorkOS holds something else",
                         facts.subject.text(), facts.version.number()));
}

void Checkers::at_the_end() {
  const auto& tables = database_.tables();
  for (const auto& [subject, entry] : ledger_) {
    if (entry.published.empty()) continue;
    tally_.superseded += entry.published.size() - 1;
    const auto newest = entry.published.rbegin()->first;
    const auto lane = tables.lanes.find(subject);
    // What was adopted is newer than what was published, and needs no row.
    if (entry.taken.size() != entry.published.size() || lane == tables.lanes.end() ||
        lane->second.wanted < newest || lane->second.state != LaneState::idle ||
        (lane->second.ended == Ended::cancelled && !entry.cancelled_by_rule))
      violated(fmt::format("I5: version {} of {} has no end", newest.number(), subject.text()));
    const auto& row = tables.subjects.at(subject);
    const auto observed = tables.observed.find(subject);
    if (observed == tables.observed.end() || observed->second.confirmed != row.version)
      violated(fmt::format("I12: version {} of {} is not confirmed", row.version.number(),
                           subject.text()));
  }
}

}  // namespace rolecall::sim
