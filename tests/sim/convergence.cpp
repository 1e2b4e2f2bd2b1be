#include "tests/sim/convergence.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/document.hpp"
#include "tests/sim/rfc3339.hpp"

namespace rolecall::sim {
namespace {

bool is_external(std::string_view verdict) {
  return verdict == "adopted" || verdict == "merged" || verdict == "overruled" ||
         verdict == "external_join" || verdict == "external_remove";
}

}  // namespace

void Convergence::published(const OutboxRow& row) {
  outsiders_.said_here(row);
  if (row.reason == "simulated") ++counts_[row.subject].wishes;
}

void Convergence::leased(const Subject& subject, const LaneRow&, const LaneRow& after) {
  outsiders_.leased(subject, after.token);
  ++counts_[subject].said;
}

// What was refused, or said in part because a role is not there yet, changed nothing for good.
void Convergence::settled(const Settlement& s, SettleResult result, const LaneRow*,
                          const LaneRow*) {
  if (result == SettleResult::busy) return;
  auto& count = counts_[s.subject];
  if (s.fate == SendFate::unsent || s.outcome == Outcome::partial)
    --count.said;
  else if (s.fate != SendFate::answered)
    ++count.faults;
}

void Convergence::freed(const Subject& subject, const LaneRow&, const SessionRow&) {
  ++counts_[subject].faults;
}

// What we wrote in the moment in which the stream was switched on may have been answered before,
// and its event not be told: the two clocks differ.
bool Convergence::is_of_the_switch(const EventFact& event) const {
  constexpr Millis kClocksApart{5'000};
  const auto& stream = database_.tables().stream;
  return event.at < rfc3339(*stream.started_from + kClocksApart);
}

bool Convergence::has_forebear(const Subject& subject) const {
  const auto& subjects = database_.tables().subjects;
  const auto& self = subjects.at(subject);
  return std::ranges::any_of(subjects, [&](const auto& other) {
    return other.second.object_key == self.object_key && other.second.born < self.born;
  });
}

// P6: what we wrote ourselves is never taken for somebody else's doing.
void Convergence::reduced(const SubjectFacts& facts, const Result<Reduction>& reduction) {
  if (on_reduced) on_reduced(facts, reduction);
  const auto& object = database_.tables().subjects.at(facts.subject).object_key;
  const bool shown =
      reduction && (!reduction->applied.empty() || (facts.read && !reduction->read_waits));
  if (facts.events_on && shown) outsiders_.shown(object);
  // Permissions are told with every write to their role, which is not theirs.
  if (!reduction || object.starts_with("permissions:") || outsiders_.is_coincidence(object)) return;
  for (const auto& event : facts.events) {
    const auto applied = reduction->applied.find(event.id);
    if (applied == reduction->applied.end() || !is_external(applied->second)) continue;
    if (outsiders_.wrote(event.id) || event.id.ends_with(":end")) continue;
    if (is_of_the_switch(event)) continue;
    // Our PATCH and DELETE name a slug: they may have met a role that was made meanwhile.
    if (event.type != "organization_role.created" && has_forebear(facts.subject)) continue;
    violated_(fmt::format("P6: {} took our own {} ({}) for somebody else's: {}",
                          facts.subject.text(), event.type, event.id, applied->second));
  }
}

void Convergence::at_rest(const Things& at_workos) const {
  const auto find = [&](const std::string& object) {
    const auto at = at_workos.find(object);
    return at == at_workos.end() ? nullptr : &at->second;
  };
  for (const auto& [object, expected] : outsiders_.expected())
    if (!outsiders_.is_coincidence(object)) check_expected(object, expected, find(object));
  for (const auto& [subject, count] : counts_) check_sends(subject, count);
  for (const auto& [subject, row] : database_.tables().subjects)
    check_confirmed(subject, row, at_workos);
}

// P2: a local change is not lost to an older edit of somebody else, nor an edit to what it came
// after. P3: what either side took away, and nobody gave again, is gone.
void Convergence::check_expected(const std::string& object, const Outsiders::Expected& expected,
                                 const Thing* there) const {
  const auto presence = expected.find("*");
  if (presence != expected.end() && !presence->second && there != nullptr)
    return violated_(fmt::format("P3: {} was removed, and is back", object));
  if (presence != expected.end() && presence->second && there == nullptr)
    return violated_(fmt::format("P2: {} was made, and is not there", object));
  if (there == nullptr) return;
  const bool is_member = object.starts_with("member:");
  for (const auto& [element, content] : expected) {
    if (element == "*") continue;
    const auto is = there->elements.find(element);
    const bool is_there = is != there->elements.end();
    // Who has no role left has the default one, whoever took it away.
    const bool is_default = is_member && element == database_.settings().default_role_slug;
    if (!content && is_there && is_member && !is_default)
      violated_(fmt::format("P3: {} lost {}, and has it again", object, element));
    else if (content && (!is_there || is->second != *content))
      violated_(fmt::format("P2: {} should have {} = '{}', and has '{}'", object, element, *content,
                            is_there ? is->second : "nothing"));
  }
}

// P4: nobody quarrels without end.
void Convergence::check_sends(const Subject& subject, const Count& count) const {
  const auto& object = database_.tables().subjects.at(subject).object_key;
  const int bound = count.wishes + 2 * count.faults + outsiders_.edits_of(object) + 2;
  if (count.said > bound)
    violated_(fmt::format("P4: {} was said {} times: {} changes, {} faults, {} edits",
                          subject.text(), count.said, count.wishes, count.faults,
                          outsiders_.edits_of(object)));
}

// P5: what is shown as confirmed is so.
void Convergence::check_confirmed(const Subject& subject, const SubjectRow& row,
                                  const Things& at_workos) const {
  const auto& tables = database_.tables();
  const auto observed = tables.observed.find(subject);
  const auto document = document_of(row.kind, row.desired);
  if (observed == tables.observed.end() || observed->second.confirmed != row.version || !document ||
      document->family == "permissions")
    return;
  for (const auto& [other, known] : tables.subjects)
    if (known.object_key == row.object_key && known.born > row.born) return;  // its heir's to show
  const auto there = at_workos.find(row.object_key);
  const bool same = document->present == (there != at_workos.end()) &&
                    (!document->present || document->elements == there->second.elements);
  if (!same)
    violated_(fmt::format("P5: version {} of {} is confirmed, and WorkOS holds something else",
                          row.version.number(), subject.text()));
}

}  // namespace rolecall::sim
