// With the stream on: what the simulator found (tests/simulator), each made as small as it gets.

#include "tests/unit/workflows/member_facts.hpp"
#include "workflows/timestamps.hpp"

namespace rolecall {
namespace {

using namespace member_facts;

std::string second(int n) {
  return text_of(*wall_time_of("2026-03-01T11:59:30Z") + Millis{1'000 * n});
}

SubjectFacts followed() {
  SubjectFacts facts = delivered();
  facts.events_on = true;
  facts.seen_source = "event";
  facts.confirmed = Version(5);
  return facts;
}

EventFact event(int n, std::optional<JsonText> value, const std::string& incarnation = "om_1") {
  EventFact fact;
  fact.id = "event_" + std::to_string(n);
  fact.at = second(n);
  fact.shown = showing(std::move(value), second(n));
  fact.shown.incarnation = incarnation;
  fact.shown.updated_at = second(n);
  fact.shown.created_at = incarnation == "om_1" ? kOld : second(n);
  return fact;
}

Reduction reduced(const SubjectFacts& facts) {
  auto reduction = reduce(facts);
  EXPECT_TRUE(reduction) << reduction.error().detail;
  return *reduction;
}

// Answers decided until the stream was switched on, and were ahead of its first events.
TEST(EventsFound, AnEventOlderThanAnAnswerOfBeforeTheSwitchIsPassedOver) {
  SubjectFacts facts = followed();
  facts.seen_source = "answer";
  facts.seen_at = second(5);
  facts.events = {event(3, kB)};
  const Reduction passed = reduced(facts);
  EXPECT_EQ(passed.applied.at("event_3"), "older_than_seen");
  EXPECT_FALSE(passed.adopted_desired);
}

// Our DELETE found nothing: somebody else had ended the membership, and the user had joined again
// before the removal was wished for here.
TEST(EventsFound, ARemovalStandsAgainstWhoJoinedBeforeItWhenSomebodyElseEndedTheFormerMembership) {
  SubjectFacts facts = followed();
  facts.version = Version(6);
  facts.kind = "member.remove";
  facts.desired = kName;
  facts.touched = {{"*", Version(6)}};
  lane_is(facts, LaneState::idle);
  facts.lane->delivered = Version(6);
  SendFact removal = send(1, 6, Operation::remove, std::nullopt);
  removal.state = SendState::answered;
  removal.answer = Observation{};
  removal.answer->status = "gone_before";
  facts.sends = {removal};
  facts.events = {event(1, std::nullopt), event(2, kB, "om_2")};
  const Reduction removed = reduced(facts);
  EXPECT_EQ(removed.applied.at("event_1"), "external_remove");
  EXPECT_EQ(removed.applied.at("event_2"), "overruled");
  EXPECT_FALSE(removed.adopted_desired);
  ASSERT_TRUE(removed.next);
  EXPECT_EQ(removed.next->kind, "member.remove");
}

// The read was begun before the removal was wished for; somebody joined between the two.
TEST(EventsFound, AReadOfBeforeARemovalIsNotItsProof) {
  SubjectFacts facts = followed();
  facts.version = Version(6);
  facts.kind = "member.remove";
  facts.desired = kName;
  facts.touched = {{"*", Version(6)}};
  facts.made_at = second(3);
  facts.incarnation.reset();
  facts.incarnation_created_at.clear();
  facts.seen.reset();
  lane_is(facts, LaneState::due);
  read(facts, showing(std::nullopt));
  facts.read->begun_at = second(1);
  facts.pulled_at = second(31);
  const Reduction early = reduced(facts);
  EXPECT_TRUE(early.lane_observed) << "there is nothing to say";
  EXPECT_FALSE(early.confirmed);
  EXPECT_TRUE(early.touched.contains("*"));
  EXPECT_EQ(early.verify_reason, "confirm");
  SubjectFacts later = facts;
  lane_is(later, LaneState::idle);
  later.read.reset();
  later.events = {event(2, kB, "om_2")};
  const Reduction joined = reduced(later);
  EXPECT_EQ(joined.applied.at("event_2"), "overruled");
  ASSERT_TRUE(joined.next);
  EXPECT_EQ(joined.next->kind, "member.remove");
  facts.read->begun_at = second(3);
  facts.pulled_at = second(33);
  EXPECT_EQ(reduced(facts).confirmed, Version(6));
}

// A role that was removed here is given to somebody there: kept, it could never end.
TEST(EventsFound, ARoleThatIsOnItsWayOutIsGivenToNobody) {
  SubjectFacts facts = followed();
  facts.ended_slugs = {"b"};
  facts.events = {event(1, member(R"("a","b")"))};
  const Reduction refused = reduced(facts);
  EXPECT_EQ(refused.applied.at("event_1"), "overruled");
  EXPECT_FALSE(refused.adopted_desired);
  ASSERT_TRUE(refused.next);
  EXPECT_EQ(refused.next->desired, kA);
}

// The membership was made by a write of ours that the stream had not shown, and ended meanwhile.
TEST(EventsFound, AReadOfBeforeTheEndOfAMembershipDoesNotBringItBack) {
  SubjectFacts facts = followed();
  facts.incarnation.reset();
  facts.incarnation_created_at.clear();
  facts.seen.reset();
  facts.seen_at.clear();
  facts.sends = {send(1, 5, Operation::create, kA)};
  read(facts, showing(kA, kOld));
  facts.read->begun_at = second(1);
  facts.pulled_at = text_of(*wall_time_of(kNow) + Millis{30'000});
  facts.events = {event(2, std::nullopt)};
  const Reduction over = reduced(facts);
  EXPECT_FALSE(over.incarnation);
  EXPECT_FALSE(over.seen);
}

// Events that nobody applies hold up those of the role that has the slug next.
TEST(EventsFound, EventsOfPermissionsWhoseRoleEndedAreOver) {
  SubjectFacts facts = followed();
  facts.kind = "role.permissions";
  facts.desired = R"({"organization":"org_1","slug":"org-x","permissions":["a:read"]})";
  facts.seen.reset();
  facts.lane.reset();
  facts.role_ended = true;
  facts.events = {event(1, facts.desired)};
  EXPECT_EQ(reduced(facts).applied.at("event_1"), "stale_incarnation");
}

// A role that was made again under its slug is another subject's.
TEST(EventsFound, AReadDoesNotGiveARemovedRoleItsHeir) {
  SubjectFacts facts = followed();
  facts.kind = "role.remove";
  facts.desired = R"({"organization":"org_1","slug":"org-x","name":"X"})";
  facts.lane.reset();
  facts.incarnation.reset();
  facts.incarnation_created_at.clear();
  facts.dead_incarnation_at = kOld;
  facts.seen.reset();
  read(facts, showing(facts.desired, second(1)));
  facts.read->shown.incarnation = facts.read->shown.created_at = second(1);
  facts.pulled_at = text_of(*wall_time_of(kNow) + Millis{30'000});
  const Reduction other = reduced(facts);
  EXPECT_FALSE(other.incarnation);
  EXPECT_FALSE(other.adopted_desired);
}

const JsonText kX = R"({"organization":"org_1","slug":"org-x","name":"X","description":null})";
const JsonText kY = R"({"organization":"org_1","slug":"org-x","name":"Y","description":null})";

// The role org-x, made at second n; version 5 names it X.
SubjectFacts role_made(int n) {
  SubjectFacts facts = followed();
  facts.kind = "role.push";
  facts.desired = facts.seen.emplace(kX);
  facts.incarnation = facts.incarnation_created_at = facts.seen_at = second(n);
  facts.seen_status.clear();
  lane_is(facts, LaneState::idle);
  facts.lane->delivered = Version(5);
  return facts;
}

EventFact of_role(int n, std::optional<JsonText> value, int made) {
  EventFact fact = event(n, std::move(value), second(made));
  fact.shown.created_at = second(made);
  fact.shown.status.clear();
  return fact;
}

// A DELETE names a slug: answered, it ended whichever role had that by then.
TEST(EventsFound, WhatAPersonEndedOurDeleteDidNotAndWhatTheyMadeNextIsWhatItEnded) {
  SubjectFacts facts = role_made(0);
  facts.version = Version(6);
  facts.kind = "role.remove";
  facts.touched = {{"*", Version(6)}};
  facts.lane->delivered = facts.lane->wanted = Version(6);
  SendFact removal = send(1, 6, Operation::remove, std::nullopt);
  removal.incarnation = facts.incarnation;
  removal.state = SendState::answered;
  removal.answer = Observation{};
  facts.sends = {removal};
  EventFact ended = of_role(1, std::nullopt, 0);
  ended.actor = "dashboard";
  facts.events = {ended};
  EXPECT_EQ(reduced(facts).applied.at("event_1"), "external_remove");
  EXPECT_FALSE(reduced(facts).confirmed) << "our DELETE is still to be shown";
  EventFact made = of_role(2, kY, 2);
  made.actor = "dashboard";
  facts.events = {ended, made, of_role(3, std::nullopt, 2)};
  const Reduction over = reduced(facts);
  EXPECT_EQ(over.applied.at("event_2"), "overruled");
  EXPECT_EQ(over.applied.at("event_3"), "echo");
  EXPECT_EQ(over.confirmed, Version(6));
  // One that found nothing waits for no event: what the person did is its end, too.
  facts.sends[0].answer->status = "gone_before";
  facts.events = {ended};
  EXPECT_EQ(reduced(facts).closed, std::vector{SendId(1)});
}

// Our POST was answered before the stream was switched on, which never tells that it was made.
class MadeBeforeTheSwitch : public ::testing::Test {
 protected:
  MadeBeforeTheSwitch() {
    facts_ = role_made(1);
    facts_.looked = false;
    facts_.incarnation.reset();
    facts_.incarnation_created_at = facts_.seen_at = facts_.seen_source = "";
    facts_.seen.reset();
    facts_.echoed = facts_.confirmed = Version(0);
    facts_.touched = {{"*", Version(5)}, {"name", Version(5)}};
    SendFact creation = send(1, 5, Operation::create, kX);
    creation.state = SendState::answered;
    creation.answer = of_role(1, kX, 1).shown;
    facts_.sends = {creation};
  }
  SubjectFacts facts_{};
};

TEST_F(MadeBeforeTheSwitch, IsOursWhateverTheStreamTellsOfItFirst) {
  for (const int n : {2, 20}) {
    facts_.events = {of_role(n, kX, 1)};
    const Reduction known = reduced(facts_);
    EXPECT_EQ(known.applied.begin()->second, "unchanged");
    EXPECT_EQ(known.closed, std::vector{SendId(1)});
    EXPECT_EQ(known.confirmed, Version(5));
    EXPECT_TRUE(known.audit.empty());
  }
}

TEST_F(MadeBeforeTheSwitch, WasAsItsAnswerSaidUntilSomebodyElseChangedIt) {
  facts_.events = {of_role(2, kY, 1)};
  const Reduction renamed = reduced(facts_);
  EXPECT_EQ(renamed.applied.at("event_2"), "adopted");
  EXPECT_EQ(renamed.adopted_desired, kY);
}

TEST_F(MadeBeforeTheSwitch, IsGoneWhereSomebodyElseEndedIt) {
  facts_.events = {of_role(2, std::nullopt, 1)};
  const Reduction ended = reduced(facts_);
  EXPECT_EQ(ended.applied.at("event_2"), "external_remove");
  EXPECT_EQ(ended.adopted_kind, "role.remove");
}

}  // namespace
}  // namespace rolecall
