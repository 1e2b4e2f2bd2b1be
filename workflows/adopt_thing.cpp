#include "workflows/adopt_thing.hpp"

#include <array>

#include "workflows/intent.hpp"
#include "workflows/timestamps.hpp"

namespace rolecall {
namespace {

constexpr std::array<std::pair<AdoptPolicy, std::string_view>, 3> kPolicies{
    {{AdoptPolicy::local, "local"},
     {AdoptPolicy::workos, "workos"},
     {AdoptPolicy::newer, "newer"}}};

struct Winner {
  AdoptSide side = AdoptSide::local;
  std::string why{};
};

// One side may have no record at all: then there is nothing that could be newer.
Winner newer_of(const AdoptThing& thing) {
  const Observation& shown = thing.read.shown;
  if (thing.changed_at.empty()) return {AdoptSide::workos, "nobody here ever knew it"};
  if (!shown.value) return {AdoptSide::local, "WorkOS has no time of what it does not have: local"};
  const auto ours = wall_time_of(thing.changed_at);
  const auto theirs = wall_time_of(shown.updated_at);
  if (!ours || !theirs) return {AdoptSide::local, "a time is unknown: local"};
  if (*theirs > *ours) return {AdoptSide::workos, "WorkOS's is newer: " + shown.updated_at};
  return {AdoptSide::local, "this side's is not older: " + thing.changed_at};
}

Winner winner_of(const AdoptThing& thing, AdoptPolicy policy) {
  const Observation& shown = thing.read.shown;
  if (shown.value && shown.directory_managed)
    return {AdoptSide::workos, "a directory decides about it"};
  if (shown.value && shown.status == "pending")
    return {AdoptSide::workos, "the invitation is pending"};
  if (thing.read.family != "member" && !thing.here)
    return {AdoptSide::workos, "adoption removes no role"};
  if (thing.read.family != "member" && !shown.value)
    return {AdoptSide::local, "adoption removes no role"};
  if (policy == AdoptPolicy::newer) return newer_of(thing);
  return {policy == AdoptPolicy::local ? AdoptSide::local : AdoptSide::workos,
          "policy " + std::string(name_of(policy))};
}

AdoptEnd end_of(const AdoptThing& thing, AdoptSide side) {
  const bool there = thing.read.shown.value.has_value();
  if (side == AdoptSide::workos) {
    if (!there) return AdoptEnd::removed_here;
    return thing.here ? AdoptEnd::taken : AdoptEnd::entered;
  }
  if (!there) return AdoptEnd::created_there;
  return thing.here ? AdoptEnd::said : AdoptEnd::removed_there;
}

}  // namespace

std::string_view name_of(AdoptPolicy policy) {
  for (const auto& [value, name] : kPolicies)
    if (value == policy) return name;
  return {};
}

std::optional<AdoptPolicy> adopt_policy_of(std::string_view name) {
  for (const auto& [value, text] : kPolicies)
    if (text == name) return value;
  return std::nullopt;
}

std::string_view name_of(AdoptEnd end) {
  switch (end) {
    case AdoptEnd::versioned:
      return "versioned";
    case AdoptEnd::drifted:
      return "drifted";
    case AdoptEnd::agreed:
      return "agreed";
    case AdoptEnd::taken:
      return "taken";
    case AdoptEnd::entered:
      return "entered";
    case AdoptEnd::removed_here:
      return "removed_here";
    case AdoptEnd::said:
      return "said";
    case AdoptEnd::created_there:
      return "created_there";
    case AdoptEnd::removed_there:
      return "removed_there";
  }
  return {};
}

std::string_view name_of(AdoptSide side) {
  switch (side) {
    case AdoptSide::both:
      return "both";
    case AdoptSide::workos:
      return "workos";
    case AdoptSide::local:
      return "local";
  }
  return {};
}

Result<AdoptRuling> rule(const AdoptThing& thing, AdoptPolicy policy) {
  if (thing.versioned)
    return AdoptRuling{thing.equal ? AdoptEnd::versioned : AdoptEnd::drifted, AdoptSide::both,
                       "it has versions: rolecall reconcile decides"};
  const auto& there = thing.read.shown.value;
  if (!thing.here && !there) return AdoptRuling{};
  if (thing.here && there) {
    const Family family = family_of(thing.read.family).value_or(Family::member);
    const auto ours = elements_of(family, *thing.here);
    if (!ours) return ours.error();
    const auto theirs = elements_of(family, *there);
    if (!theirs) return theirs.error();
    if (*ours == *theirs) return AdoptRuling{};
  }
  Winner winner = winner_of(thing, policy);
  return AdoptRuling{end_of(thing, winner.side), winner.side, std::move(winner.why)};
}

bool is_said(AdoptEnd end) {
  return end == AdoptEnd::said || end == AdoptEnd::created_there || end == AdoptEnd::removed_there;
}

}  // namespace rolecall
