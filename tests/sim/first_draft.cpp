#include "tests/sim/first_draft.hpp"

#include "tests/sim/document.hpp"

namespace rolecall::sim {
namespace {

bool is_live(const SubjectFacts& facts) {
  return facts.next_row || (facts.lane && facts.lane->state != LaneState::idle);
}

// What is desired and was not seen passes for a local change, and nothing else does.
std::map<std::string, Version> changed_by_value(const SubjectFacts& facts) {
  const auto desired = document_of(facts.kind, facts.desired);
  const auto push = family_of(facts.kind) == "permissions" ? std::string("role.permissions")
                                                           : family_of(facts.kind) + ".push";
  auto seen = facts.seen ? document_of(push, *facts.seen) : std::nullopt;
  if (!seen) seen.emplace().present = false;
  std::map<std::string, Version> touched;
  if (desired)
    for (const auto& element : difference(seen, *desired)) touched[element] = facts.version;
  return touched;
}

}  // namespace

Result<Reduction> reduce_with(const Defects& defects, const SubjectFacts& facts,
                              const Reducer& reducer) {
  auto drafted = facts;
  const bool ignores = defects.ignores_events_while_live && is_live(facts);
  if (ignores) drafted.events.clear();
  if (defects.compares_by_value && facts.looked) drafted.touched = changed_by_value(facts);
  auto reduction = reducer(drafted);
  if (ignores && reduction)
    for (const auto& event : facts.events) reduction->applied.emplace(event.id, "ignored");
  return reduction;
}

}  // namespace rolecall::sim
