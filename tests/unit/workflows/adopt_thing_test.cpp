#include "workflows/adopt_thing.hpp"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

constexpr auto kEarly = "2026-01-01T10:00:00.000000Z";
constexpr auto kLate = "2026-01-01T10:00:00.001Z";

std::string roles(const std::string& slugs) {
  return R"({"organization":"org_1","user":"user_1","roles":[)" + slugs + "]}";
}

AdoptThing member(std::optional<std::string> here, std::optional<std::string> there) {
  AdoptThing thing;
  thing.read.family = "member";
  thing.read.name = "user_1";
  thing.here = std::move(here);
  thing.changed_at = thing.here ? kEarly : "";
  thing.read.shown.value = std::move(there);
  thing.read.shown.status = "active";
  thing.read.shown.updated_at = thing.read.shown.value ? kLate : "";
  return thing;
}

AdoptRuling ruled(const AdoptThing& thing, AdoptPolicy policy) {
  const auto ruling = rule(thing, policy);
  EXPECT_TRUE(ruling);
  return ruling ? *ruling : AdoptRuling{};
}

TEST(AdoptThing, WhatIsEqualAgreesInWhateverOrderItStands) {
  const auto thing = member(roles(R"("b","a")"), roles(R"("a","b")"));
  for (const auto policy : {AdoptPolicy::local, AdoptPolicy::workos, AdoptPolicy::newer})
    EXPECT_EQ(ruled(thing, policy).end, AdoptEnd::agreed);
}

TEST(AdoptThing, ThePolicyDecidesWhereBothDiffer) {
  const auto thing = member(roles(R"("a")"), roles(R"("b")"));
  EXPECT_EQ(ruled(thing, AdoptPolicy::local).end, AdoptEnd::said);
  EXPECT_EQ(ruled(thing, AdoptPolicy::local).side, AdoptSide::local);
  EXPECT_EQ(ruled(thing, AdoptPolicy::workos).end, AdoptEnd::taken);
  EXPECT_EQ(ruled(thing, AdoptPolicy::workos).side, AdoptSide::workos);
}

TEST(AdoptThing, ThePolicyDecidesAboutAMemberOfOneSide) {
  const auto here = member(roles(R"("a")"), std::nullopt);
  EXPECT_EQ(ruled(here, AdoptPolicy::local).end, AdoptEnd::created_there);
  EXPECT_EQ(ruled(here, AdoptPolicy::workos).end, AdoptEnd::removed_here);
  const auto there = member(std::nullopt, roles(R"("a")"));
  EXPECT_EQ(ruled(there, AdoptPolicy::local).end, AdoptEnd::removed_there);
  EXPECT_EQ(ruled(there, AdoptPolicy::workos).end, AdoptEnd::entered);
}

TEST(AdoptThing, TheNewerSideWinsAndATieOrAnUnknownTimeIsLocal) {
  auto thing = member(roles(R"("a")"), roles(R"("b")"));
  EXPECT_EQ(ruled(thing, AdoptPolicy::newer).end, AdoptEnd::taken);
  thing.changed_at = "2026-01-01T10:00:00.001000Z";
  EXPECT_EQ(ruled(thing, AdoptPolicy::newer).end, AdoptEnd::said);
  thing.read.shown.updated_at = "yesterday";
  const auto unknown = ruled(thing, AdoptPolicy::newer);
  EXPECT_EQ(unknown.end, AdoptEnd::said);
  EXPECT_EQ(unknown.why, "a time is unknown: local");
}

TEST(AdoptThing, ASideWithoutARecordIsNotTheNewer) {
  EXPECT_EQ(ruled(member(std::nullopt, roles(R"("a")")), AdoptPolicy::newer).end,
            AdoptEnd::entered);
  EXPECT_EQ(ruled(member(roles(R"("a")"), std::nullopt), AdoptPolicy::newer).end,
            AdoptEnd::created_there);
  auto removed = member(std::nullopt, roles(R"("a")"));
  removed.changed_at = "2027-01-01T00:00:00Z";  // a tombstone
  EXPECT_EQ(ruled(removed, AdoptPolicy::newer).end, AdoptEnd::removed_there);
}

TEST(AdoptThing, ADirectoryAndAnInvitationAreWorkosBusiness) {
  auto thing = member(roles(R"("a")"), roles(R"("b")"));
  thing.read.shown.directory_managed = true;
  EXPECT_EQ(ruled(thing, AdoptPolicy::local).end, AdoptEnd::taken);
  thing.read.shown.directory_managed = false;
  thing.read.shown.status = "pending";
  EXPECT_EQ(ruled(thing, AdoptPolicy::local).end, AdoptEnd::taken);
}

TEST(AdoptThing, NoRoleIsRemovedByAnyPolicy) {
  const std::string document = R"({"organization":"org_1","slug":"org-a","name":"A"})";
  AdoptThing here = member(document, std::nullopt);
  AdoptThing there = member(std::nullopt, document);
  here.read.family = there.read.family = "role";
  for (const auto policy : {AdoptPolicy::local, AdoptPolicy::workos, AdoptPolicy::newer}) {
    EXPECT_EQ(ruled(here, policy).end, AdoptEnd::created_there);
    EXPECT_EQ(ruled(there, policy).end, AdoptEnd::entered);
  }
}

TEST(AdoptThing, WhatHasVersionsIsReconciliations) {
  auto thing = member(roles(R"("a")"), roles(R"("b")"));
  thing.versioned = true;
  EXPECT_EQ(ruled(thing, AdoptPolicy::local).end, AdoptEnd::drifted);
  thing.equal = true;
  EXPECT_EQ(ruled(thing, AdoptPolicy::workos).end, AdoptEnd::versioned);
}

TEST(AdoptThing, ADocumentThatCannotBeReadIsAFailure) {
  EXPECT_FALSE(rule(member("{", roles(R"("a")")), AdoptPolicy::local));
}

}  // namespace
}  // namespace rolecall
