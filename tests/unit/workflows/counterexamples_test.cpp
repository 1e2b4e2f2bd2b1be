// Histories in which an earlier, simpler set of rules left the two sides apart, lost a change or
// brought access back. Each is told step by step.

#include "tests/unit/workflows/one_subject.hpp"

namespace rolecall::stories {
namespace {

Elements roles(std::initializer_list<const char*> slugs) {
  Elements elements;
  for (const char* slug : slugs) elements.emplace(slug, "");
  return elements;
}

class Counterexample : public testing::Test {
 protected:
  Counterexample() : one(OneSubject::Settings{}) {}

  // A member with these roles, delivered and proved.
  void member_has(const Elements& wanted) {
    one.mutate(wanted);
    ASSERT_TRUE(one.run_until_quiet());
    ASSERT_TRUE(one.confirmed());
    one.now += std::chrono::minutes{10};
  }

  void say(const State& wanted, Wire wire, Millis late_by = Millis{0}) {
    one.mutate(wanted);
    say_again(wire, late_by);
  }

  void say_again(Wire wire, Millis late_by = Millis{0}) {
    one.now += Millis{500};
    one.take_in();
    ASSERT_TRUE(one.lease_and_say(wire, late_by));
    one.reduce_due();
  }

  void expect(const State& both) {
    ASSERT_TRUE(one.run_until_quiet());
    EXPECT_EQ(one.desired(), both);
    EXPECT_EQ(one.at_workos(), both);
    EXPECT_TRUE(one.confirmed());
  }

  OneSubject one;
};

TEST_F(Counterexample, ALateWriteOfADeliveredVersionDoesNotReviveAccess) {
  member_has(roles({"a"}));
  say(roles({"b"}), Wire::worker_killed, Millis{20'000});
  say_again(Wire::answered);
  say(roles({"a"}), Wire::answered);
  one.now += Millis{25'000};
  expect(roles({"a"}));
  EXPECT_THAT(one.verdicts(), testing::Contains("late_write"));
}

TEST_F(Counterexample, TheNewestLocalChangeIsNotLostToOurOwnOlderOne) {
  member_has(roles({"a", "b"}));
  say(roles({"a"}), Wire::late, Millis{30'000});
  one.now += Millis{500};
  say_again(Wire::answered);
  say(roles({"a", "c"}), Wire::answered);
  expect(roles({"a", "c"}));
}

TEST_F(Counterexample, AReadFromBeforeOurDeliveryIsNotCompared) {
  member_has(roles({"a", "b"}));
  one.nudge();
  ASSERT_TRUE(one.begin_read());
  say(roles({"a"}), Wire::answered);
  one.finish_read();
  expect(roles({"a"}));
  EXPECT_THAT(one.verdicts(), testing::Not(testing::Contains("adopted")));
}

TEST_F(Counterexample, ARemovalThatFindsAnotherMembershipIsNotDone) {
  member_has(roles({"a"}));
  one.workos.remove_membership();
  one.workos.join({"b"}, one.now);
  say(std::nullopt, Wire::answered);
  one.nudge();
  ASSERT_TRUE(one.run_until_quiet());
  EXPECT_EQ(one.desired(), one.at_workos()) << "never absent here and present there";
  EXPECT_TRUE(one.confirmed());
}

TEST_F(Counterexample, AChangeOfAMembershipThatIsGoneDoesNotWaitForEver) {
  member_has(roles({"a"}));
  one.workos.remove_membership();
  one.workos.join({"z"}, one.now);
  say(roles({"a", "b"}), Wire::answered);
  ASSERT_TRUE(one.run_until_quiet());
  EXPECT_EQ(one.desired(), roles({"z"})) << "roles do not cross from one membership to the next";
  EXPECT_EQ(one.at_workos(), roles({"z"}));
  EXPECT_THAT(one.verdicts(), testing::Contains("external_join"));
}

TEST_F(Counterexample, AMemberWhomSomebodyRemovedIsNotAddedAgainByARetry) {
  say(roles({"a"}), Wire::answer_lost);
  one.workos.remove_membership();
  ASSERT_TRUE(one.run_until_quiet());
  EXPECT_EQ(one.desired(), one.at_workos());
  EXPECT_LE(one.workos.writes(), 2) << "looked twice before the create was repeated";
}

TEST_F(Counterexample, ACreateThatLandsAfterTheRemovalIsUndone) {
  say(roles({"a"}), Wire::worker_killed, Millis{20'001});
  one.mutate(std::nullopt);
  ASSERT_TRUE(one.run_until_quiet());
  EXPECT_EQ(one.desired(), std::nullopt);
  EXPECT_EQ(one.at_workos(), std::nullopt);
  EXPECT_TRUE(one.confirmed());
}

TEST_F(Counterexample, ADeleteInDoubtDoesNotHurtSomebodyWhoRejoined) {
  member_has(roles({"a"}));
  say(std::nullopt, Wire::late, Millis{30'000});
  one.workos.remove_membership();
  one.now += Millis{5'000};
  one.workos.join({"b"}, one.now);
  one.nudge();
  ASSERT_TRUE(one.run_until_quiet());
  one.nudge();
  ASSERT_TRUE(one.run_until_quiet());
  EXPECT_EQ(one.desired(), one.at_workos());
  EXPECT_TRUE(one.confirmed());
}

TEST_F(Counterexample, AValueThatComesBackIsStillALocalChange) {
  member_has(roles({"a"}));
  one.workos.set_roles({"z"}, one.now);
  one.mutate(roles({"b"}));
  one.mutate(roles({"a"}));
  one.now += Millis{100};
  expect(roles({"a"}));
}

TEST_F(Counterexample, AnExternalEditAfterOurEchoIsKept) {
  member_has(roles({"a"}));
  say(roles({"b"}), Wire::answered);
  one.now += Millis{1'000};
  one.workos.set_roles({"b", "x"}, one.now);
  expect(roles({"b", "x"}));
}

TEST_F(Counterexample, AnEditOfAnotherElementStandsBesideOurs) {
  member_has(roles({"a"}));
  one.workos.set_roles({"a", "x"}, one.now);
  one.now += std::chrono::minutes{1};
  one.nudge();
  one.begin_read();
  one.finish_read();
  one.reduce_due();
  say(roles({"a", "x", "b"}), Wire::answered);
  expect(roles({"a", "b", "x"}));
}

TEST_F(Counterexample, AnInactiveMembershipIsReactivatedByALocalAdd) {
  one.workos.join({"a"}, one.now);
  one.workos.set_status("inactive", one.now + Millis{1});
  say(roles({"a"}), Wire::request_lost);
  ASSERT_TRUE(one.run_until_quiet());
  EXPECT_EQ(one.workos.membership()->status, "active");
  EXPECT_TRUE(one.confirmed());
}

TEST_F(Counterexample, ADeactivationByOthersIsNotFought) {
  member_has(roles({"a"}));
  one.workos.set_status("inactive", one.now);
  one.now += std::chrono::minutes{1};
  one.nudge();
  ASSERT_TRUE(one.run_until_quiet());
  EXPECT_EQ(one.workos.membership()->status, "inactive");
  EXPECT_EQ(one.facts().seen_status, "inactive");
  EXPECT_EQ(one.desired(), roles({"a"}));
  EXPECT_TRUE(one.confirmed());
}

TEST_F(Counterexample, ADirectoryThatUndoesEveryPushCostsOnePushPerMutation) {
  member_has(roles({"d"}));
  const int before = one.workos.writes();
  for (int i = 0; i < 5; ++i) {
    say(roles({"a"}), Wire::answered);
    one.now += Millis{200};
    one.workos.set_roles({"d"}, one.now);
    expect(roles({"d"}));
    one.now += std::chrono::minutes{1};
  }
  EXPECT_EQ(one.workos.writes(), before + 5);
}

}  // namespace
}  // namespace rolecall::stories
