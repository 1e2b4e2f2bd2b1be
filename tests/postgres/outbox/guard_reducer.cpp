// The mass-revoke guard before what the reducer takes away: what it lets pass, what it holds, and
// what ends it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/postgres/outbox/guard_world.hpp"

namespace rolecall::testing {
namespace {

// What the reducer makes of a member that is gone, as a worker writes it.
std::string removal_of(const std::string& subject) {
  return fmt::format(
      "select rolecall.reduce_apply_v2('[]'::jsonb || jsonb_build_object('subject', '{}', "
      "'echoed', 1, 'looked', "
      "true, 'seen_source', 'read', 'touched', '{{}}'::jsonb, 'adopted_kind', 'member.remove', "
      "'adopted_desired', jsonb_build_object('organization', 'org_1', 'user', 'x'), 'audit', "
      "'[]'::jsonb))",
      subject);
}

TEST(MassRevokeGuard, HoldsNoSingleRevocationAndNoFewOfASmallOrganization) {
  GuardWorld w(3);
  w.lose(1, 1);
  EXPECT_EQ(w.assignments(), 2);
  w.lose(2, 3);
  EXPECT_EQ(w.assignments(), 0) << "fewer than guard_minimum";
  EXPECT_EQ(w.held(), 0);
}

TEST(MassRevokeGuard, HoldsWhatTricklesInOneByOneAndLosesNothingHereFromThenOn) {
  GuardWorld w(40);
  w.lose(1, 9);
  EXPECT_EQ(w.held(), 0);
  EXPECT_EQ(w.assignments(), 31);
  w.lose(10, 12);
  EXPECT_EQ(w.held(), 3) << "the tenth is more than 20 %, and at least 10";
  EXPECT_EQ(w.assignments(), 31);
  EXPECT_EQ(w.number("select count(*) from rolecall.organization_memberships where deleted_at is "
                     "not null"),
            9);
  EXPECT_EQ(w.number("select count(*) from rolecall.subjects where kind = 'member.remove'"), 9);
  EXPECT_EQ(w.number("select count(*) from rolecall.outbox"), 0);
  EXPECT_EQ(w.value("select failure_code from rolecall.lanes where subject = $1", {w.member(12)}),
            "mass_revoke");
  EXPECT_EQ(w.number("select count(*) from rolecall.observed where reduce_failure is not null"), 0);
}

TEST(MassRevokeGuard, ThatCountedTransactionsInsteadOfAWindowWouldHoldNothing) {
  GuardWorld w(40);
  w.rewrite("guard_weigh", "revoked := revoked + guard_weigh.lost", "revoked := guard_weigh.lost");
  w.lose(1, 40);
  EXPECT_EQ(w.assignments(), 0);
}

TEST(MassRevokeGuard, LetsTheShareOfALargerOrganizationPass) {
  GuardWorld w(100);
  w.lose_at_once(1, 20);
  EXPECT_EQ(w.held(), 0);
  w.lose(21, 21);
  EXPECT_EQ(w.held(), 1);
  EXPECT_EQ(w.assignments(), 80);
}

TEST(MassRevokeGuard, HoldsTheEndOfARoleForAllItsHolders) {
  GuardWorld w(12);
  w.shows_nothing(w.role());
  w.reduce();
  EXPECT_EQ(w.assignments(), 12);
  EXPECT_EQ(w.value("select deleted_at is null from rolecall.organization_roles"), "t");
  EXPECT_EQ(w.lane(w.role(), "state || ' ' || failure_code"), "held mass_revoke");
  EXPECT_EQ(w.number("select count(*) from rolecall.outbox"), 0);
}

TEST(MassRevokeGuard, HoldsSetsThatBecameSmaller) {
  GuardWorld w(12);
  for (int i = 1; i <= 12; ++i) w.shows_roles(w.member(i), R"(["member"])");
  w.reduce();
  EXPECT_EQ(w.held(), 3);
  EXPECT_EQ(w.number("select count(*) from rolecall.organization_role_assignments where deleted_at "
                     "is null and role_urn like 'role:organization:%'"),
            3);
}

TEST(MassRevokeGuard, IsOverWhenWorkOSShowsItAgain) {
  GuardWorld w(40);
  w.lose_at_once(1, 40);
  ASSERT_EQ(w.held(), 31);
  EXPECT_EQ(w.value("select verify_at > clock_timestamp() and verify_reason = 'mass_revoke' from "
                    "rolecall.observed where subject = $1",
                    {w.member(40)}),
            "t")
      << "it is looked at again by itself";
  for (int i = 10; i <= 40; ++i) w.shows_again(w.member(i));
  w.reduce();
  EXPECT_EQ(w.held(), 0);
  EXPECT_EQ(w.assignments(), 31);
  EXPECT_EQ(w.number("select count(*) from rolecall.guard_holds"), 0);
  EXPECT_EQ(w.number("select count(*) from rolecall.attention"), 0);
  EXPECT_EQ(w.number("select count(*) from rolecall.audit_log where action = 'mass_revoke_over'"),
            31);
}

TEST(MassRevokeGuard, DoesNotLetGoWhenTheWindowHasPassed) {
  GuardWorld w(40);
  w.lose_at_once(1, 10);
  ASSERT_EQ(w.held(), 1);
  w.window_passes();
  w.lose(10, 10);  // read again
  w.lose(11, 11);
  EXPECT_EQ(w.held(), 2) << "while one waits for a person, every other one waits too";
  EXPECT_EQ(w.assignments(), 31);
}

TEST(MassRevokeGuard, LetsNobodyWaitForALaneThatOwesNothing) {
  GuardWorld w(12);
  w.lose_at_once(1, 12);
  ASSERT_EQ(w.held(), 3);
  EXPECT_EQ(w.value("select rolecall.barrier_reached_v1('acme')"), "9223372036854775807");
}

TEST(MassRevokeGuard, ForgetsRevocationsAfterTheWindow) {
  GuardWorld w(40);
  w.lose(1, 9);
  w.window_passes();
  w.lose(10, 12);
  EXPECT_EQ(w.held(), 0);
  EXPECT_EQ(w.assignments(), 28);
}

TEST(MassRevokeGuard, IsSupersededByAnApplicationsOwnChange) {
  GuardWorld w(40);
  w.lose_at_once(1, 10);
  ASSERT_EQ(w.held(), 1);
  w.sql(
      "select rolecall.set_member_roles('acme', 'u10', array(select 'role:global:' || id from "
      "rolecall.global_roles where workos_slug = 'member'))");
  w.take_in();
  EXPECT_EQ(w.lane(w.member(10), "state || wanted_version || coalesce(failure_code, '')"), "due2");
  EXPECT_EQ(w.number("select count(*) from rolecall.guard_holds"), 0);
  w.shows_nothing(w.member(10));
  w.reduce();
  EXPECT_EQ(w.lane(w.member(10), "state"), "due") << "it is not held on its way either";
}

TEST(MassRevokeGuard, DoesNotHoldCorrectionsThatSayAgainWhatWasDecidedHere) {
  GuardWorld w(40);
  for (int i = 1; i <= 20; ++i)
    w.sql(
        "select rolecall.reduce_apply_v2('[]'::jsonb || jsonb_build_object('subject', s.subject, "
        "'echoed', 1, "
        "'looked', true, 'seen', s.desired, 'seen_source', 'read', 'touched', '{}'::jsonb, "
        "'audit', '[]'::jsonb, 'next', jsonb_build_object('kind', s.kind, 'desired', s.desired, "
        "'priority', 0, 'reason', 'late_write'))) from rolecall.subjects s where subject = $1",
        {w.member(i)});
  w.take_in();
  EXPECT_EQ(w.held(), 0);
  EXPECT_EQ(w.number("select count(*) from rolecall.lanes where state = 'due'"), 20);
}

TEST(MassRevokeGuard, IsSwitchedOffByAShareOfOne) {
  GuardWorld w(40);
  w.sql("update rolecall.provider_control set guard_share = 1");
  w.lose(1, 40);
  EXPECT_EQ(w.assignments(), 0);
}

TEST(MassRevokeGuard, CountsEachOrganizationByItself) {
  GuardWorld w(40);
  w.lose_at_once(1, 10);
  ASSERT_EQ(w.held(), 1);
  w.sql("select rolecall.upsert_organization('other', 'Other', 'org_2')");
  w.say({.subject = "member:other:user_1", .organization = "other"});
  w.take_in();
  w.sql(
      "update rolecall.lanes set state = 'idle', ended = 'delivered', delivered_version = "
      "wanted_version where organization_id = 'other'");
  w.sql(
      "insert into rolecall.observed (subject, organization_id, object_key) values "
      "('member:other:user_1', 'other', 'k')");
  w.sql(removal_of("member:other:user_1"));
  EXPECT_EQ(w.value("select kind from rolecall.subjects where organization_id = 'other'"),
            "member.remove");
}

// Nine have passed. Of two reducers that take one more each, at once, none slips through.
TEST(MassRevokeGuard, LetsNothingSlipBetweenTwoReducers) {
  GuardWorld w(40);
  w.lose_at_once(1, 8);
  auto one = w.database().connect();
  one.script("begin").value();
  one.run(removal_of(w.member(20))).value();  // the ninth passes, and is not committed
  w.sql(removal_of(w.member(21)));
  EXPECT_EQ(w.value("select reduce_due_at > clock_timestamp() from rolecall.observed where "
                    "subject = $1",
                    {w.member(21)}),
            "t")
      << "whoever does not get the lock does not wait, and comes again";
  one.script("commit").value();
  w.sql(removal_of(w.member(21)));
  EXPECT_EQ(w.lane(w.member(21), "state"), "held");
  EXPECT_EQ(w.assignments(), 31);
}

}  // namespace
}  // namespace rolecall::testing
