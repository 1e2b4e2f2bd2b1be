// With the stream on: each counterexample of the first draft that events decide, and what an
// answer, an event and a read are then worth.

#include "tests/unit/workflows/member_facts.hpp"
#include "workflows/timestamps.hpp"

namespace rolecall {
namespace {

using namespace member_facts;

const JsonText kNone = member("");
const JsonText kAB = member(R"("a","b")");

std::string second(int n) {
  return text_of(*wall_time_of("2026-03-01T11:59:30Z") + Millis{1'000 * n});
}

// Seen {a} in an event, said and confirmed as version 5.
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

// Version 6, a local change of these elements, delivered by a send that was answered at second n.
SubjectFacts said(const JsonText& desired, std::initializer_list<const char*> elements, int n) {
  SubjectFacts facts = followed();
  facts.version = Version(6);
  facts.desired = desired;
  for (const char* element : elements) facts.touched[element] = Version(6);
  lane_is(facts, LaneState::idle);
  facts.lane->delivered = Version(6);
  SendFact sent = send(1, 6, Operation::put, desired);
  sent.state = SendState::answered;
  sent.answer = showing(desired, second(n));
  facts.sends = {sent};
  return facts;
}

SubjectFacts in_doubt(const JsonText& desired, std::initializer_list<const char*> elements) {
  SubjectFacts facts = said(desired, elements, 0);
  lane_is(facts, LaneState::due);
  facts.sends[0].state = SendState::open;
  facts.sends[0].answer.reset();
  return facts;
}

Reduction reduced(const SubjectFacts& facts) {
  auto reduction = reduce(facts);
  EXPECT_TRUE(reduction) << reduction.error().detail;
  return *reduction;
}

TEST(Events, TheFirstAnswerOfAllIsWaitedForInTheStreamAndNotLookedFor) {
  SubjectFacts facts = said(kB, {"a", "b"}, 1);
  facts.looked = false;
  facts.seen.reset();
  facts.incarnation.reset();
  const Reduction waits = reduced(facts);
  EXPECT_EQ(waits.verify_reason, "echo");
  EXPECT_EQ(waits.verify_in, facts.visibility);
}

TEST(Events, AnAnswerMovesNothingUntilTheStreamShowsIt) {
  const SubjectFacts facts = said(kB, {"a", "b"}, 1);
  const Reduction waits = reduced(facts);
  EXPECT_EQ(waits.seen, kA);
  EXPECT_FALSE(waits.next) << "it is said, and on its way";
  EXPECT_FALSE(waits.confirmed);
  EXPECT_EQ(waits.verify_reason, "echo");
  EXPECT_TRUE(waits.closed.empty());
}

TEST(Events, TheEchoConfirms) {
  SubjectFacts facts = said(kB, {"a", "b"}, 1);
  facts.events = {event(1, kB)};
  const Reduction echo = reduced(facts);
  EXPECT_EQ(echo.seen, kB);
  EXPECT_EQ(echo.seen_source, "event");
  EXPECT_EQ(echo.confirmed, Version(6));
  EXPECT_THAT(echo.closed, testing::ElementsAre(SendId(1)));
  EXPECT_TRUE(echo.touched.empty());
  EXPECT_EQ(echo.applied.at("event_1"), "echo");
  EXPECT_TRUE(echo.audit.empty());
  EXPECT_FALSE(echo.verify_in);
}

// C1: an edit made after our write was applied, both pulled after the row was settled.
TEST(Events, C1_AnEditAfterOurWriteIsAdopted) {
  SubjectFacts facts = said(kNone, {"a"}, 1);
  facts.desired = member(R"("member")");
  facts.sends[0].value = facts.desired;
  facts.sends[0].answer = showing(facts.desired, second(1));
  facts.touched = {{"a", Version(6)}, {"member", Version(6)}};
  facts.events = {event(1, facts.desired), event(2, kA)};
  facts.events[1].actor = "dashboard";
  const Reduction adopted = reduced(facts);
  EXPECT_EQ(adopted.seen, kA);
  EXPECT_EQ(adopted.adopted_desired, kA);
  EXPECT_FALSE(adopted.next) << "WorkOS has it";
  EXPECT_EQ(adopted.applied.at("event_2"), "adopted");
}

// C2: the echo is pulled before the answer was recorded, or after: it confirms either way.
TEST(Events, C2_AnEchoBeforeItsAnswerCountsToo) {
  SubjectFacts facts = in_doubt(kB, {"a", "b"});
  facts.events = {event(1, kB)};
  const Reduction matched = reduced(facts);
  EXPECT_EQ(matched.applied.at("event_1"), "echo_in_doubt");
  EXPECT_EQ(matched.matched.at(SendId(1)), second(1));
  EXPECT_TRUE(matched.lane_observed);
  EXPECT_EQ(matched.confirmed, Version(6));
  // The answer comes after that: it says what was seen.
  SubjectFacts answered = said(kB, {"a", "b"}, 1);
  answered.seen = kB;
  answered.seen_at = second(1);
  answered.echoed = Version(6);
  const Reduction silent = reduced(answered);
  EXPECT_THAT(silent.closed, testing::ElementsAre(SendId(1)));
  EXPECT_EQ(silent.confirmed, Version(6));
}

TEST(Events, AWriteThatChangedNothingHasNoEcho) {
  SubjectFacts facts = said(kA, {"a"}, 0);
  facts.sends[0].answer = showing(kA, kOld);
  const Reduction silent = reduced(facts);
  EXPECT_THAT(silent.closed, testing::ElementsAre(SendId(1)));
  EXPECT_EQ(silent.confirmed, Version(6));
}

// C3: the event of an edit that our write has overwritten comes after our answer.
TEST(Events, C3_AnEditBeforeOurWriteIsOverruled) {
  SubjectFacts facts = said(kB, {"a", "b"}, 2);
  facts.events = {event(1, kAB)};
  const Reduction overruled = reduced(facts);
  EXPECT_EQ(overruled.applied.at("event_1"), "overruled");
  EXPECT_FALSE(overruled.adopted_desired);
  EXPECT_FALSE(overruled.next) << "our write is on its way through the stream";
  facts.events.push_back(event(2, kB));
  EXPECT_EQ(reduced(facts).confirmed, Version(6));
}

// C4, C7: an older request of ours lands after everything: it is undone, whatever it gives.
TEST(Events, C4_AnOlderWriteOfOursThatLandsLateIsUndone) {
  SubjectFacts facts = followed();
  facts.version = Version(6);
  SendFact late = send(1, 4, Operation::put, kAB);
  facts.sends = {late};
  facts.events = {event(3, kAB)};
  const Reduction undone = reduced(facts);
  EXPECT_EQ(undone.applied.at("event_3"), "late_write");
  ASSERT_TRUE(undone.next);
  EXPECT_EQ(undone.next->desired, kA);
  EXPECT_EQ(undone.next->priority, 0) << "it gave access";
  EXPECT_FALSE(undone.adopted_desired);
}

TEST(Events, C4_WhatADashboardDidIsNoLateWriteOfOurs) {
  SubjectFacts facts = followed();
  facts.sends = {send(1, 4, Operation::put, kAB)};
  facts.events = {event(3, kAB)};
  facts.events[0].actor = "dashboard";
  const Reduction adopted = reduced(facts);
  EXPECT_EQ(adopted.applied.at("event_3"), "adopted");
  EXPECT_EQ(adopted.adopted_desired, kAB);
}

// C5: an edit that our write went over blindly; another element, so both are to stand.
TEST(Events, C5_AnEditOfAnotherElementThatOurWriteOverwroteIsSaidAgain) {
  SubjectFacts facts = said(kNone, {"a"}, 2);
  facts.desired = member(R"("b")");
  facts.touched = {{"a", Version(6)}, {"b", Version(6)}};
  facts.sends[0].value = facts.desired;
  facts.sends[0].answer = showing(facts.desired, second(2));
  facts.events = {event(1, member(R"("a","c")")), event(2, facts.desired)};
  const Reduction merged = reduced(facts);
  EXPECT_EQ(merged.applied.at("event_1"), "merged");
  ASSERT_TRUE(merged.next);
  EXPECT_EQ(merged.next->desired, member(R"("b","c")"));
  EXPECT_EQ(merged.adopted_desired, member(R"("b","c")"));
}

// C6: a directory that undoes is followed: one push, one undo, no quarrel.
TEST(Events, C6_AnUndoAfterOurEchoIsFollowed) {
  SubjectFacts facts = followed();
  facts.version = Version(6);
  facts.desired = kB;
  facts.seen = kB;
  facts.echoed = Version(6);
  facts.confirmed = Version(6);
  facts.events = {event(3, kA)};
  const Reduction followed_it = reduced(facts);
  EXPECT_EQ(followed_it.adopted_desired, kA);
  EXPECT_FALSE(followed_it.next);
}

// C9: a read that was taken before our write does not decide anything before the stream reached it.
TEST(Events, C9_AReadWaitsForTheStream) {
  SubjectFacts facts = said(kB, {"a", "b"}, 1);
  read(facts, showing(kA));
  Reduction waits = reduced(facts);
  EXPECT_TRUE(waits.read_waits);
  EXPECT_EQ(waits.seen, kA);
  EXPECT_EQ(waits.seen_source, "event");
  facts.pulled_at = text_of(*wall_time_of(kNow) + Millis{30'000});
  facts.events = {event(1, kB)};
  facts.read->shown = showing(kB, second(1));
  waits = reduced(facts);
  EXPECT_FALSE(waits.read_waits);
  EXPECT_EQ(waits.confirmed, Version(6));
}

// An event that was lost: the read that is due when no echo comes takes its place.
TEST(Events, AReadShowsTheEchoOfAnEventThatNeverCame) {
  SubjectFacts facts = said(kB, {"a", "b"}, 1);
  facts.pulled_at = text_of(*wall_time_of(kNow) + Millis{30'000});
  read(facts, showing(kB, second(1)));
  const Reduction shown = reduced(facts);
  EXPECT_EQ(shown.confirmed, Version(6));
  EXPECT_THAT(shown.closed, testing::ElementsAre(SendId(1)));
}

// C10: a removal is over when that membership's end was shown; who joined again is another one.
TEST(Events, C10_WhoRejoinedMeanwhileIsRemovedOrWelcomedAsTheNewestWishSays) {
  SubjectFacts facts = followed();
  facts.version = Version(6);
  facts.kind = "member.remove";
  facts.desired = kName;
  facts.touched = {{"*", Version(6)}};
  lane_is(facts, LaneState::due);
  facts.events = {event(1, std::nullopt), event(2, kB, "om_2")};
  const Reduction removed = reduced(facts);
  EXPECT_EQ(removed.applied.at("event_2"), "overruled");
  EXPECT_EQ(removed.incarnation, "om_2");
  EXPECT_FALSE(removed.adopted_desired);
  EXPECT_FALSE(removed.lane_observed) << "the removal is still to be said, of om_2";
}

TEST(Events, TheEndOfAnEarlierMembershipEndsNothing) {
  SubjectFacts facts = followed();
  facts.incarnation = "om_2";
  facts.incarnation_created_at = second(0);
  facts.events = {event(3, std::nullopt, "om_1")};
  const Reduction stale = reduced(facts);
  EXPECT_EQ(stale.applied.at("event_3"), "stale_incarnation");
  EXPECT_EQ(stale.incarnation, "om_2");
  EXPECT_EQ(stale.seen, kA);
}

TEST(Events, AnExternalEndIsFollowedAtOnce) {
  SubjectFacts facts = followed();
  facts.events = {event(1, std::nullopt)};
  const Reduction gone = reduced(facts);
  EXPECT_EQ(gone.applied.at("event_1"), "external_remove");
  EXPECT_EQ(gone.adopted_kind, "member.remove");
  EXPECT_FALSE(gone.next);
  EXPECT_EQ(gone.dead_incarnation_at, kOld);
  facts = followed();
  facts.incarnation.reset();
  facts.incarnation_created_at.clear();
  facts.dead_incarnation_at = kOld;
  facts.seen.reset();
  facts.kind = "member.remove";
  facts.desired = kName;
  facts.events = {event(4, kAB)};
  EXPECT_EQ(reduced(facts).applied.at("event_4"), "stale_incarnation") << "what ended stays ended";
}

TEST(Events, WhoJoinsElsewhereJoinsHere) {
  SubjectFacts facts = followed();
  facts.incarnation.reset();
  facts.incarnation_created_at.clear();
  facts.dead_incarnation_at = kOld;
  facts.seen.reset();
  facts.kind = "member.remove";
  facts.desired = kName;
  facts.events = {event(2, kB, "om_2")};
  const Reduction joined = reduced(facts);
  EXPECT_EQ(joined.applied.at("event_2"), "external_join");
  EXPECT_EQ(joined.adopted_desired, kB);
}

// C14: what counts is whether we changed it since the last echo, not whether the value differs.
TEST(Events, C14_ThereAndBackIsALocalChange) {
  SubjectFacts facts = followed();
  facts.version = Version(7);
  facts.touched = {{"a", Version(7)}};
  lane_is(facts, LaneState::due);
  facts.events = {event(1, kNone)};
  facts.events[0].shown.value = member(R"("member")");
  const Reduction kept = reduced(facts);
  EXPECT_EQ(kept.applied.at("event_1"), "merged");
  ASSERT_TRUE(kept.adopted_desired || kept.next);
  EXPECT_NE((kept.adopted_desired ? *kept.adopted_desired : kept.next->desired).find("\"a\""),
            std::string::npos);
}

// The lane still says {a}, and {a} was the last that the stream showed; but {b} of ours was applied
// in between.
TEST(Events, NothingIsTakenForDoneWhileAnotherWriteOfOursIsNotShown) {
  SubjectFacts facts = said(kB, {"a", "b"}, 1);
  facts.version = Version(7);
  facts.desired = kA;
  facts.touched = {{"a", Version(7)}, {"b", Version(7)}};
  lane_is(facts, LaneState::due);
  facts.events = {event(0, kA)};
  const Reduction waits = reduced(facts);
  EXPECT_FALSE(waits.lane_observed);
  EXPECT_FALSE(waits.confirmed);
}

TEST(Events, AnOlderEventThanAReadIsPassedOver) {
  SubjectFacts facts = followed();
  facts.seen_source = "read";
  facts.seen_at = second(5);
  facts.events = {event(3, kB)};
  const Reduction passed = reduced(facts);
  EXPECT_EQ(passed.applied.at("event_3"), "older_than_seen");
  EXPECT_EQ(passed.seen, kA);
  EXPECT_FALSE(passed.next);
}

TEST(Events, ASuspensionIsSeenAndNotFought) {
  SubjectFacts facts = followed();
  facts.events = {event(1, kA)};
  facts.events[0].shown.status = "inactive";
  const Reduction suspended = reduced(facts);
  EXPECT_EQ(suspended.seen_status, "inactive");
  EXPECT_FALSE(suspended.next);
  EXPECT_FALSE(suspended.adopted_desired);
}

}  // namespace
}  // namespace rolecall
