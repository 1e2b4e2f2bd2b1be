// What a reduction makes of answers, what it adopts, and what it writes.

#include "tests/unit/workflows/member_facts.hpp"

namespace rolecall {
namespace {

using namespace member_facts;

TEST(Adoption, ConfirmsTheVersionThatItMakes) {
  SubjectFacts facts = delivered();
  read(facts, showing(kB, "2026-02-01T00:00:00.000Z"));
  const auto reduction = reduce(facts).value();
  EXPECT_EQ(reduction.adopted_desired, kB);
  EXPECT_EQ(reduction.confirmed, Version(6));
  EXPECT_FALSE(reduction.next);
  EXPECT_EQ(reduction.audit.at(0).verdict, "adopted");
  EXPECT_NE(reduction.audit.at(0).detail.find("{a} -> {b}"), std::string::npos);
}

TEST(Adoption, FollowsARemovalAndCancelsWhatWaitsForIt) {
  SubjectFacts facts = wishing_b();
  lane_is(facts, LaneState::due, true);
  facts.absent_since = kOld;
  read(facts, showing(std::nullopt));
  const auto reduction = reduce(facts).value();
  EXPECT_EQ(reduction.adopted_kind, "member.remove");
  EXPECT_EQ(reduction.adopted_desired, kName);
  EXPECT_TRUE(reduction.lane_cancelled);
  EXPECT_FALSE(reduction.lane_observed);
  EXPECT_FALSE(reduction.next);
  EXPECT_FALSE(reduction.incarnation);
  EXPECT_EQ(reduction.dead_incarnation_at, kOld);
  EXPECT_EQ(reduction.confirmed, Version(6));
  EXPECT_TRUE(reduction.touched.empty());
}

TEST(Adoption, CancelsPermissionsWhoseRoleIsGone) {
  SubjectFacts facts = delivered();
  facts.kind = "role.permissions";
  facts.desired = R"({"organization":"org_1","slug":"org-x","permissions":["p"]})";
  facts.seen = facts.desired;
  facts.incarnation = kOld;
  lane_is(facts, LaneState::due, true);
  facts.absent_since = kOld;
  read(facts, showing(std::nullopt));
  const auto reduction = reduce(facts).value();
  EXPECT_TRUE(reduction.lane_cancelled);
  EXPECT_FALSE(reduction.adopted_desired);
  EXPECT_FALSE(reduction.next);
  EXPECT_EQ(reduction.confirmed, Version(5));
}

TEST(Adoption, LetsPermissionsEndWithTheirRoleWhateverHasItsSlugNow) {
  SubjectFacts facts = delivered();
  facts.kind = "role.permissions";
  facts.desired = R"({"organization":"org_1","slug":"org-x","permissions":["p"]})";
  facts.seen = facts.desired;
  facts.role_ended = true;
  lane_is(facts, LaneState::due, true);
  Observation heirs = showing(R"({"organization":"org_1","slug":"org-x","permissions":["q"]})");
  read(facts, heirs);
  const auto reduction = reduce(facts).value();
  EXPECT_TRUE(reduction.lane_observed);
  EXPECT_FALSE(reduction.adopted_desired);
  EXPECT_FALSE(reduction.next);
  EXPECT_FALSE(reduction.verify_in);
  EXPECT_EQ(reduction.confirmed, Version(5));
}

TEST(Answers, AreTakenInTheOrderInWhichWorkosAppliedThem) {
  SubjectFacts facts = delivered();
  facts.sends = {send(1, 4, Operation::put, kB), send(2, 5, Operation::put, kA)};
  for (SendFact& sent : facts.sends) sent.state = SendState::answered;
  facts.sends[0].answer = showing(kB, "2026-03-01T11:59:20.000Z");
  facts.sends[1].answer = showing(kA, "2026-03-01T11:59:10.000Z");
  const auto reduction = reduce(facts).value();
  EXPECT_EQ(reduction.seen, kB) << "the older version landed last";
  EXPECT_THAT(reduction.absorbed, testing::ElementsAre(SendId(2), SendId(1)));
  EXPECT_THAT(reduction.closed, testing::UnorderedElementsAre(SendId(1), SendId(2)));
  ASSERT_TRUE(reduction.next);
  EXPECT_EQ(reduction.next->desired, kA);
  EXPECT_EQ(reduction.next->reason, "late_write");
}

TEST(Answers, ThatDifferAreLeftToARead) {
  SubjectFacts facts = delivered();
  facts.sends = {send(1, 5, Operation::put, kA)};
  facts.sends[0].state = SendState::answered;
  facts.sends[0].answer = showing(kB, "2026-03-01T11:59:20.000Z");
  const auto reduction = reduce(facts).value();
  EXPECT_FALSE(reduction.next);
  EXPECT_FALSE(reduction.adopted_desired);
  EXPECT_EQ(reduction.verify_in, Millis{30'000});
}

TEST(Answers, AreAbsorbedOnce) {
  SubjectFacts facts = delivered();
  facts.sends = {send(1, 4, Operation::put, kB)};
  facts.sends[0].state = SendState::answered;
  facts.sends[0].answer = showing(kB, "2026-03-01T11:59:20.000Z");
  facts.sends[0].absorbed = true;
  const auto reduction = reduce(facts).value();
  EXPECT_TRUE(reduction.absorbed.empty());
  EXPECT_EQ(reduction.seen, kA);
}

TEST(Reduction, KeepsWhatItWasNotToldAnythingAbout) {
  SubjectFacts facts = delivered();
  facts.directory_managed = true;
  facts.dead_incarnation_at = "2025-01-01T00:00:00.000Z";
  facts.touched = {{"a", Version(4)}};
  const auto reduction = reduce(facts).value();
  EXPECT_EQ(reduction.incarnation, "om_1");
  EXPECT_EQ(reduction.incarnation_created_at, kOld);
  EXPECT_EQ(reduction.dead_incarnation_at, facts.dead_incarnation_at);
  EXPECT_EQ(reduction.seen, kA);
  EXPECT_EQ(reduction.seen_at, kOld);
  EXPECT_EQ(reduction.seen_source, "answer");
  EXPECT_TRUE(reduction.directory_managed);
  EXPECT_TRUE(reduction.looked);
  EXPECT_TRUE(reduction.touched.empty()) << "what was echoed is not in force any more";
}

TEST(Reduction, FailsClearlyWhereItCannotRead) {
  SubjectFacts facts = delivered();
  facts.desired = "{}";
  EXPECT_EQ(reduce(facts).error().code, "invalid_intent");
  facts = delivered();
  facts.seen = "no json";
  EXPECT_EQ(reduce(facts).error().code, "unreadable_fact");
  facts = delivered();
  facts.now = "now";
  EXPECT_EQ(reduce(facts).error().code, "unreadable_fact");
  facts = delivered();
  facts.kind = "group.push";
  EXPECT_EQ(reduce(facts).error().code, "invalid_intent");
}

TEST(Reduction, LooksAtWhatNobodyEverLookedAt) {
  SubjectFacts facts = delivered();
  facts.looked = false;
  facts.incarnation.reset();
  facts.seen.reset();
  const auto reduction = reduce(facts).value();
  EXPECT_FALSE(reduction.next);
  EXPECT_EQ(reduction.verify_in, Millis{0});
}

}  // namespace
}  // namespace rolecall
