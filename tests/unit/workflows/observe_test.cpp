// The rows of the decision table about our own writes, and about what is too old to count.

#include "tests/unit/workflows/pictures.hpp"

namespace rolecall {
namespace {

using namespace pictures;

TEST(RowStaleIncarnation, IgnoresAnAnswerAboutAMembershipThatIsGone) {
  Picture picture = quiet_member();
  picture.incarnation = "om_2";
  picture.incarnation_created_at = kNew;
  const Picture before = picture;
  const auto late = answer_to(send(1, 4, Operation::put, roles({"b"})), roles({"b"}), kNew);
  EXPECT_EQ(observe(picture, late), Verdict::stale_incarnation);
  EXPECT_EQ(picture.seen, before.seen);
  EXPECT_EQ(picture.incarnation, "om_2");
  picture.incarnation.reset();
  picture.dead_incarnation_at = kOld;
  EXPECT_EQ(observe(picture, late), Verdict::stale_incarnation);
  EXPECT_FALSE(picture.incarnation);
}

TEST(RowStaleIncarnation, IgnoresAReadThatIsTooEarlyToKnowOfOurDelete) {
  Picture picture = wishing(std::nullopt, {});
  picture.seen.reset();
  picture.incarnation.reset();
  picture.dead_incarnation_at = kOld;
  PastSend removal = send(1, 6, Operation::remove, std::nullopt);
  removal.state = SendState::answered;
  removal.leased_at = kNow - Millis{1'000};
  picture.sends = {removal};
  EXPECT_EQ(observe(picture, read(roles({"a"}), kOld)), Verdict::stale_incarnation);
  picture.sends[0].leased_at = kNow - Millis{31'000};
  EXPECT_EQ(observe(picture, read(roles({"a"}), kOld)), Verdict::overruled)
      << "ids are never given twice: it was not removed, so it is removed again";
  EXPECT_EQ(picture.incarnation, "om_1");
  EXPECT_FALSE(picture.desired);
}

TEST(RowOlderThanSeen, IgnoresAnAnswerThatWasOvertakenButCountsItsVersion) {
  Picture picture = quiet_member();
  picture.echoed = Version(3);
  picture.seen_at = kNew;
  EXPECT_EQ(
      observe(picture, answer_to(send(1, 4, Operation::put, roles({"b"})), roles({"b"}), kOld)),
      Verdict::older_than_seen);
  EXPECT_EQ(picture.seen, roles({"a"}));
  EXPECT_EQ(picture.echoed, Version(4));
}

TEST(RowOlderThanSeen, DoesNotBelieveTheOlderVersionInATie) {
  Picture picture = quiet_member();
  const auto tie = answer_to(send(1, 4, Operation::put, roles({"b"})), roles({"b"}), kOld);
  EXPECT_EQ(observe(picture, tie), Verdict::older_than_seen);
  const auto newer = answer_to(send(2, 6, Operation::put, roles({"b"})), roles({"b"}), kOld);
  EXPECT_EQ(observe(picture, newer), Verdict::echo);
  EXPECT_EQ(picture.seen, roles({"b"}));
}

TEST(RowOlderThanSeen, IgnoresAReadOnlyAsLongAsItMayBeTooEarly) {
  Picture picture = quiet_member();
  picture.seen_at = at(Millis{-29'000});
  EXPECT_EQ(observe(picture, read(roles({"b"}), kOld)), Verdict::older_than_seen);
  EXPECT_EQ(observe(picture, read(std::nullopt, "")), Verdict::older_than_seen);
  EXPECT_EQ(picture.seen, roles({"a"}));
  picture.seen_at = at(Millis{-30'000});
  EXPECT_EQ(observe(picture, read(roles({"b"}), kOld)), Verdict::adopted);
}

TEST(RowEcho, TakesAnAnswerForOurWrite) {
  Picture picture = wishing(roles({"b"}), {"a", "b"});
  EXPECT_EQ(
      observe(picture, answer_to(send(1, 6, Operation::put, roles({"b"})), roles({"b"}), kNew)),
      Verdict::echo);
  EXPECT_EQ(picture.seen, roles({"b"}));
  EXPECT_EQ(picture.seen_at, kNew);
  EXPECT_EQ(picture.echoed, Version(6));
  EXPECT_EQ(picture.seen_source, "answer");
  EXPECT_FALSE(picture.desired_changed);
}

TEST(RowEcho, BindsWhatACreateMade) {
  Picture picture = wishing(roles({"a"}), {"*"});
  picture.incarnation.reset();
  picture.seen.reset();
  observe(picture,
          answer_to(send(1, 6, Operation::create, roles({"a"})), roles({"a"}), kNew, "om_7", kNew));
  EXPECT_EQ(picture.incarnation, "om_7");
  EXPECT_EQ(picture.incarnation_created_at, kNew);
}

TEST(RowEcho, CallsAnOlderVersionThatLandedLateWhatItIs) {
  Picture picture = quiet_member();
  EXPECT_EQ(
      observe(picture, answer_to(send(1, 4, Operation::put, roles({"b"})), roles({"b"}), kNew)),
      Verdict::late_write);
  EXPECT_EQ(picture.seen, roles({"b"}));
  EXPECT_EQ(picture.desired, roles({"a"}));
}

TEST(RowEcho, BuriesWhatADeleteRemovedAndNothingElse) {
  Picture picture = wishing(std::nullopt, {"*"});
  const auto gone = answer_to(send(1, 6, Operation::remove, std::nullopt), std::nullopt, "");
  EXPECT_EQ(observe(picture, gone), Verdict::echo);
  EXPECT_FALSE(picture.seen);
  EXPECT_FALSE(picture.incarnation);
  EXPECT_EQ(picture.dead_incarnation_at, kOld);
  Picture rejoined = quiet_member();
  rejoined.incarnation = "om_2";
  rejoined.incarnation_created_at = kNew;
  EXPECT_EQ(observe(rejoined, gone), Verdict::stale_incarnation);
  EXPECT_EQ(rejoined.incarnation, "om_2");
}

TEST(RowEcho, DoesNotAdoptAnAnswerThatDiffersFromWhatWasSaid) {
  Picture picture = wishing(roles({"b"}), {"a", "b"});
  EXPECT_EQ(
      observe(picture, answer_to(send(1, 6, Operation::put, roles({"b"})), roles({"c"}), kNew)),
      Verdict::echo_differs);
  EXPECT_EQ(picture.seen, roles({"b"}));
  EXPECT_EQ(picture.desired, roles({"b"}));
  EXPECT_EQ(observe(picture, read(roles({"c"}), kNew)), Verdict::adopted)
      << "the read that follows is compared with what was said";
  EXPECT_EQ(picture.desired, roles({"c"}));
}

TEST(RowEcho, KnowsAPartOfWhatItSays) {
  Picture picture = wishing(roles({"a", "org-new"}), {"b", "org-new"});
  picture.seen = roles({"a", "b"});
  LaneFact lane;
  lane.state = LaneState::due;
  lane.wanted = Version(6);
  lane.delivered = Version(5);
  picture.lane = lane;
  const PastSend part = send(1, 6, Operation::put, roles({"a", "org-new"}));
  EXPECT_EQ(observe(picture, answer_to(part, roles({"a"}), kNew)), Verdict::echo_of_part);
  EXPECT_EQ(picture.seen, roles({"a"}));
  EXPECT_EQ(picture.echoed, Version(5)) << "the rest is still to be said";
}

TEST(RowOwnWriteInDoubt, RecognisesAWriteThatWasAppliedAfterAll) {
  Picture picture = wishing(roles({"b"}), {"a", "b"});
  picture.sends = {send(1, 6, Operation::put, roles({"b"}))};
  EXPECT_EQ(observe(picture, read(roles({"b"}), at(Millis{-59'000}))), Verdict::echo_in_doubt);
  EXPECT_EQ(picture.echoed, Version(6));
  EXPECT_EQ(picture.sends[0].state, SendState::matched);
}

TEST(RowOwnWriteInDoubt, RecognisesALateWriteOfAnOlderVersion) {
  Picture picture = quiet_member();
  picture.sends = {send(1, 4, Operation::put, roles({"b"}))};
  EXPECT_EQ(observe(picture, read(roles({"b"}), at(Millis{-40'000}))), Verdict::late_write);
  EXPECT_EQ(picture.desired, roles({"a"})) << "the newest is said again";
}

struct NotOurs {
  const char* why;
  Operation operation;
  const char* incarnation;
  const char* value;
  Millis updated_after_lease;
};

class RowOwnWriteNotOurs : public testing::TestWithParam<NotOurs> {};

TEST_P(RowOwnWriteNotOurs, LeavesItToSomebodyElse) {
  Picture picture = quiet_member();
  PastSend open = send(1, 4, GetParam().operation, roles({GetParam().value}));
  open.incarnation = GetParam().incarnation;
  picture.sends = {open};
  const auto shown = read(roles({"b"}), text_of(open.leased_at + GetParam().updated_after_lease));
  EXPECT_EQ(observe(picture, shown), Verdict::adopted) << GetParam().why;
  EXPECT_EQ(picture.sends[0].state, SendState::open);
}

INSTANTIATE_TEST_SUITE_P(
    Of, RowOwnWriteNotOurs,
    testing::Values(NotOurs{"another value", Operation::put, "om_1", "c", Millis{100}},
                    NotOurs{"another membership", Operation::put, "om_2", "b", Millis{100}},
                    NotOurs{"another operation", Operation::create, "om_1", "b", Millis{100}},
                    NotOurs{"before it was sent", Operation::put, "om_1", "b", Millis{-5'001}},
                    NotOurs{"after its window", Operation::put, "om_1", "b", Millis{900'001}}));

TEST(RowOwnWriteInDoubt, TakesTheOldestAndClosesNoneWhereTwoExplainIt) {
  Picture picture = quiet_member();
  picture.echoed = Version(2);
  picture.sends = {send(2, 4, Operation::put, roles({"b"})),
                   send(1, 3, Operation::put, roles({"b"}))};
  EXPECT_EQ(observe(picture, read(roles({"b"}), at(Millis{-40'000}))), Verdict::echo_in_doubt);
  EXPECT_EQ(picture.echoed, Version(3));
  for (const PastSend& open : picture.sends) EXPECT_EQ(open.state, SendState::open);
}

TEST(RowOwnWriteInDoubt, DoesNotExplainWhatWasThereBefore) {
  Picture picture = wishing(roles({"a"}), {});
  picture.seen_at = text_of(kNow - Millis{62'000});
  picture.sends = {send(1, 6, Operation::put, roles({"a"}))};
  EXPECT_EQ(observe(picture, read(roles({"a"}), picture.seen_at)), Verdict::unchanged);
  EXPECT_EQ(picture.sends[0].state, SendState::open) << "it may still land";
}

// Seed 15641: the event of a write to its permissions was taken for our late PATCH, and the PATCH
// itself for somebody else's when it landed.
TEST(RowOwnWriteInDoubt, LeavesAnEventThatShowsNothingNewOfARoleToItsPermissions) {
  Picture picture = quiet_member();
  picture.object.family = Family::role;
  picture.events_on = true;
  picture.seen_source = "event";
  picture.sends = {send(1, 4, Operation::put, roles({"a"}))};
  Sighting event = read(roles({"a"}), at(Millis{-40'000}));
  event.event = "event_1";
  EXPECT_EQ(observe(picture, event), Verdict::unchanged);
  EXPECT_EQ(picture.sends[0].state, SendState::open) << "it may still land";
  picture.seen = roles({"b"});
  picture.desired = roles({"b"});
  EXPECT_EQ(observe(picture, event), Verdict::late_write);
  EXPECT_EQ(picture.desired, roles({"b"}));
}

TEST(RowOwnWriteInDoubt, RecognisesItsDeleteAndItsCreate) {
  Picture removing = wishing(std::nullopt, {"*"});
  removing.sends = {send(1, 6, Operation::remove, std::nullopt)};
  EXPECT_EQ(observe(removing, read(std::nullopt, "")), Verdict::echo_in_doubt);
  EXPECT_FALSE(removing.incarnation);
  Picture adding = wishing(roles({"a"}), {"*"});
  adding.incarnation.reset();
  adding.seen.reset();
  adding.sends = {send(1, 6, Operation::create, roles({"a"}))};
  const std::string made = at(Millis{-59'000});
  EXPECT_EQ(observe(adding, read(roles({"a"}), made, "om_7", made)), Verdict::echo_in_doubt);
  EXPECT_EQ(adding.incarnation, "om_7");
}

TEST(Verdicts, HaveNamesOfTheirOwn) {
  std::map<std::string_view, int> names;
  for (int i = 0; i <= static_cast<int>(Verdict::adopted); ++i)
    ++names[name_of(static_cast<Verdict>(i))];
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Verdict::adopted) + 1);
  EXPECT_FALSE(names.contains(""));
}

}  // namespace
}  // namespace rolecall
