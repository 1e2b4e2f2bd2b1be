// Where the two sides differ: when the next row is written, when a lane ends, when a look is over.

#include "tests/unit/workflows/member_facts.hpp"

namespace rolecall {
namespace {

using namespace member_facts;

TEST(LevelRule, SaysDesiredAgainAfterALateWrite) {
  SubjectFacts facts = delivered();
  facts.sends = {send(1, 4, Operation::put, kB)};
  read(facts, showing(kB, "2026-03-01T11:59:10.000Z"));
  const auto reduction = reduce(facts).value();
  ASSERT_TRUE(reduction.next);
  EXPECT_EQ(reduction.next->kind, "member.push");
  EXPECT_EQ(reduction.next->desired, kA);
  EXPECT_EQ(reduction.next->priority, 0) << "it takes b away";
  EXPECT_EQ(reduction.next->reason, "late_write");
  EXPECT_FALSE(reduction.next->adopted);
  EXPECT_FALSE(reduction.adopted_desired);
  EXPECT_EQ(reduction.matched.at(SendId(1)), "2026-03-01T11:59:10.000Z");
  EXPECT_EQ(reduction.audit.at(0).verdict, "late_write");
}

TEST(LevelRule, GivesACorrectionThatOnlyAddsNoUrgency) {
  SubjectFacts facts = delivered();
  facts.desired = member(R"("a","b")");
  facts.sends = {send(1, 4, Operation::put, kB)};
  facts.seen = facts.desired;
  read(facts, showing(kB, "2026-03-01T11:59:10.000Z"));
  EXPECT_EQ(reduce(facts)->next->priority, 2);
}

TEST(LevelRule, LeavesWhatTheLaneWillSay) {
  for (const LaneState state :
       {LaneState::due, LaneState::leased, LaneState::held, LaneState::dead}) {
    SubjectFacts facts = wishing_b();
    lane_is(facts, state);
    read(facts, showing(kA));
    const auto reduction = reduce(facts).value();
    EXPECT_FALSE(reduction.next) << name_of(state);
    EXPECT_FALSE(reduction.lane_observed);
  }
}

TEST(LevelRule, LeavesARowThatWaitsForIntake) {
  SubjectFacts facts = delivered();
  facts.desired = kB;
  facts.next_row = true;
  read(facts, showing(kA));
  EXPECT_FALSE(reduce(facts)->next);
  EXPECT_FALSE(reduce(facts)->confirmed);
}

TEST(LevelRule, DoesNotBringBackWhatAnOperatorCancelled) {
  SubjectFacts facts = wishing_b();
  lane_is(facts, LaneState::idle);
  facts.lane->cancelled = true;
  read(facts, showing(kA));
  EXPECT_FALSE(reduce(facts)->next);
  EXPECT_FALSE(reduce(facts)->confirmed);
}

TEST(LevelRule, EndsALaneWhoseContentIsThereAlready) {
  for (const LaneState state : {LaneState::due, LaneState::held, LaneState::dead}) {
    SubjectFacts facts = wishing_b();
    lane_is(facts, state, state == LaneState::due);
    read(facts, showing(kB, "2026-02-01T00:00:00.000Z"));
    const auto reduction = reduce(facts).value();
    EXPECT_TRUE(reduction.lane_observed) << name_of(state);
    EXPECT_FALSE(reduction.lane_cancelled);
    EXPECT_EQ(reduction.echoed, Version(5)) << "no echo will come";
    EXPECT_TRUE(reduction.touched.empty());
    EXPECT_EQ(reduction.confirmed, Version(5));
  }
}

TEST(LevelRule, CountsWhatAnAnswerShowsAsTheLocalChangeApplied) {
  SubjectFacts facts = wishing_b();
  facts.sends = {send(1, 4, Operation::put, kB)};
  facts.sends[0].state = SendState::answered;
  facts.sends[0].answer = showing(kB, "2026-03-01T11:59:20.000Z");
  const auto reduction = reduce(facts).value();
  EXPECT_TRUE(reduction.lane_observed);
  EXPECT_EQ(reduction.echoed, Version(5)) << "or a later edit by others would be overruled";
  EXPECT_FALSE(reduction.confirmed);
  EXPECT_EQ(reduction.verify_reason, "confirm");
}

TEST(LevelRule, SaysNothingBeforeAReadWhereAnAnswerWasNotBelieved) {
  SubjectFacts facts = delivered();
  facts.seen = kB;
  facts.seen_at = "2026-03-01T11:59:20.000Z";
  facts.sends = {send(1, 5, Operation::put, kA)};
  facts.sends[0].state = SendState::answered;
  facts.sends[0].answer = showing(kA, "2026-03-01T11:59:10.000Z");
  const auto reduction = reduce(facts).value();
  EXPECT_FALSE(reduction.next);
  EXPECT_EQ(reduction.verify_in, Millis{30'000});
  EXPECT_EQ(reduction.verify_reason, "unbelieved");
  EXPECT_EQ(reduction.audit.at(0).verdict, "older_than_seen");
}

TEST(LevelRule, DoesNotEndALaneByWhatWasSeenLongAgo) {
  SubjectFacts facts = wishing_b();
  facts.desired = kA;
  lane_is(facts, LaneState::due);
  EXPECT_FALSE(reduce(facts)->lane_observed);
}

TEST(LevelRule, PublishesWhatAMergeMade) {
  SubjectFacts facts = wishing_b();
  facts.desired = member(R"("a","b")");
  facts.touched = {{"b", Version(5)}};
  lane_is(facts, LaneState::due);
  read(facts, showing(member(R"("a","c")"), "2026-02-01T00:00:00.000Z"));
  const auto reduction = reduce(facts).value();
  EXPECT_EQ(reduction.adopted_desired, member(R"("a","b","c")"));
  EXPECT_EQ(reduction.adopted_kind, "member.push");
  ASSERT_TRUE(reduction.next);
  EXPECT_EQ(reduction.next->desired, *reduction.adopted_desired);
  EXPECT_TRUE(reduction.next->adopted);
  EXPECT_EQ(reduction.next->reason, "merged");
  EXPECT_EQ(reduction.touched, (std::map<std::string, Version>{{"b", Version(5)}}));
}

TEST(LevelRule, ReplacesARowThatWaitsForIntakeWhenDesiredChanges) {
  SubjectFacts facts = delivered();
  facts.next_row = true;
  read(facts, showing(kB, "2026-02-01T00:00:00.000Z"));
  const auto reduction = reduce(facts).value();
  EXPECT_EQ(reduction.adopted_desired, kB);
  ASSERT_TRUE(reduction.next) << "or the waiting row would say what was desired before";
  EXPECT_EQ(reduction.next->desired, kB);
}

// A create in doubt: the lane looks, and an open POST may still be applied.
SubjectFacts create_in_doubt() {
  SubjectFacts facts = wishing_b();
  facts.touched = {{"*", Version(5)}};
  facts.incarnation.reset();
  facts.incarnation_created_at.clear();
  facts.seen.reset();
  facts.seen_at.clear();
  facts.looked = false;
  lane_is(facts, LaneState::due, true);
  facts.sends = {send(1, 5, Operation::create, kB)};
  return facts;
}

TEST(Looks, AreTwoBeforeACreateIsRepeated) {
  SubjectFacts facts = create_in_doubt();
  EXPECT_EQ(reduce(facts)->verify_in, Millis{30'000})
      << "a lane that looks always has a read ahead";
  read(facts, showing(std::nullopt));
  const auto first = reduce(facts).value();
  EXPECT_FALSE(first.look_over);
  EXPECT_EQ(first.looks_absent, 1);
  EXPECT_EQ(first.verify_in, Millis{30'000});
  facts.lane->looks_absent = 1;
  facts.looked = true;
  const auto second = reduce(facts).value();
  EXPECT_TRUE(second.look_over);
  EXPECT_EQ(second.looks_absent, 2);
  EXPECT_FALSE(second.next);
}

// Or it would be read without end: a held lane ends no look by being leased.
TEST(Looks, AreOverInALaneThatIsHeldToo) {
  SubjectFacts facts = create_in_doubt();
  facts.sends.clear();
  lane_is(facts, LaneState::held, true);
  read(facts, showing(std::nullopt));
  const auto reduction = reduce(facts).value();
  EXPECT_TRUE(reduction.look_over);
  EXPECT_FALSE(reduction.verify_in);
}

TEST(Looks, DoNotCountWhereTheyAreTooEarly) {
  SubjectFacts facts = create_in_doubt();
  facts.lane->looks_absent = 1;
  facts.sends[0].leased_at = "2026-03-01T11:59:45.000000Z";
  read(facts, showing(std::nullopt));
  const auto reduction = reduce(facts).value();
  EXPECT_FALSE(reduction.look_over);
  EXPECT_EQ(reduction.looks_absent, 1);
  EXPECT_EQ(reduction.verify_in, Millis{30'000});
}

TEST(Looks, AreOverWhenTheCreateIsFound) {
  SubjectFacts facts = create_in_doubt();
  Observation shown = showing(kB, "2026-03-01T11:59:01.000Z");
  shown.created_at = shown.updated_at;
  read(facts, shown);
  const auto reduction = reduce(facts).value();
  EXPECT_TRUE(reduction.lane_observed);
  EXPECT_EQ(reduction.incarnation, "om_1");
  EXPECT_EQ(reduction.confirmed, Version(5));
  EXPECT_EQ(reduction.audit.at(0).verdict, "echo_in_doubt");
}

TEST(Looks, AreOverWhenSomebodyElsesIsFoundAndTheNextLeasePuts) {
  SubjectFacts facts = create_in_doubt();
  read(facts, showing(kA, kOld));
  const auto reduction = reduce(facts).value();
  EXPECT_TRUE(reduction.look_over);
  EXPECT_EQ(reduction.incarnation, "om_1");
  EXPECT_FALSE(reduction.adopted_desired) << "the local add stands";
  EXPECT_EQ(reduction.audit.at(0).verdict, "merged");
}

TEST(Looks, AreOverAfterOneWhereNothingIsInDoubt) {
  SubjectFacts facts = create_in_doubt();
  facts.sends.clear();
  EXPECT_EQ(reduce(facts)->verify_in, Millis{0}) << "nobody has ever looked: now";
  read(facts, showing(std::nullopt));
  EXPECT_TRUE(reduce(facts)->look_over);
}

TEST(Looks, ReactivateWhatIsInactiveUnderALocalAdd) {
  SubjectFacts facts = create_in_doubt();
  Observation shown = showing(kB);
  shown.status = "inactive";
  read(facts, shown);
  const auto reduction = reduce(facts).value();
  EXPECT_FALSE(reduction.lane_observed) << "equal roles, but nobody can use them";
  EXPECT_TRUE(reduction.look_over);
  EXPECT_FALSE(reduction.confirmed);
}

TEST(LevelRule, SaysAgainWhereASlugStillMeansTheRoleThatEnded) {
  SubjectFacts facts = delivered();
  read(facts, showing(kA, "2026-02-01T00:00:00.000Z"));
  facts.unready_slugs = {"a"};
  const auto reduction = reduce(facts).value();
  EXPECT_FALSE(reduction.confirmed);
  ASSERT_TRUE(reduction.next);
  EXPECT_EQ(reduction.next->desired, kA);
}

}  // namespace
}  // namespace rolecall
