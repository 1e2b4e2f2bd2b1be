// What a person sees of the mass-revoke guard, and what their word does.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/guard_world.hpp"

namespace rolecall::testing {
namespace {

class GuardApproval : public ::testing::Test {
 protected:
  GuardApproval() { w.lose_at_once(1, 40); }

  std::string approve(const std::string& id, const std::string& reason = "they left") {
    return w.value("select rolecall.approve_hold($1::bigint, $2)", {id, reason});
  }
  std::string id_of(int member) {
    return w.value("select wanted_id from rolecall.lanes where subject = $1", {w.member(member)});
  }
  Result<Rows> asked(const std::string& text) { return w.database().connect().run(text); }

  GuardWorld w{40};
};

TEST_F(GuardApproval, IsWhatAttentionAsksFor) {
  ASSERT_EQ(w.held(), 31);
  EXPECT_EQ(w.value("select string_agg(distinct reason, ' ') || count(*) from rolecall.attention"),
            "mass_revoke31");
  const std::string row = " from rolecall.attention where subject = '" + w.member(10) + "'";
  EXPECT_EQ(w.value("select detail" + row),
            "40 of 40 assignments of the organization would be revoked, 1 of them by this: WorkOS "
            "shows less than is here, and here nothing was taken away")
      << "what waits is counted too";
  EXPECT_EQ(w.value("select command" + row),
            "select rolecall.approve_hold(" + id_of(10) + ", 'why');");
  EXPECT_EQ(w.value("select state from rolecall.convergence where subject = $1", {w.member(10)}),
            "attention")
      << "both sides were the same once, and are not now";
  EXPECT_EQ(w.value("select state from rolecall.outbox_all where id = $1::bigint", {id_of(10)}),
            "held");
  EXPECT_NE(w.value("select string_agg(l, ' ') from rolecall.explain($1::bigint) l", {id_of(10)})
                .find("The mass-revoke guard holds it: 10 of 40"),
            std::string::npos);
  EXPECT_EQ(w.value("select detail ->> 'revoked' from rolecall.audit_log where action = "
                    "'mass_revoke_held' order by id limit 1"),
            "10");
}

TEST_F(GuardApproval, OfOneIsOneForAllOfItsOrganization) {
  EXPECT_EQ(approve(id_of(12)), "approved 31 lanes of organization acme");
  EXPECT_EQ(w.number("select count(*) from rolecall.attention"), 0);
  EXPECT_EQ(approve(id_of(12)), "already approved");
  w.reduce();
  EXPECT_EQ(w.assignments(), 0);
  EXPECT_EQ(w.held(), 0);
  EXPECT_EQ(w.number("select count(*) from rolecall.guard_holds"), 0);
  EXPECT_EQ(w.number("select count(*) from rolecall.convergence where state = 'confirmed' and "
                     "subject like 'member:%'"),
            40);
  EXPECT_EQ(w.number("select count(*) from rolecall.audit_log where action = 'approve_hold' and "
                     "reason = 'they left' and version = 1"),
            31);
  EXPECT_EQ(approve(id_of(12)), "settled");
}

TEST_F(GuardApproval, LetsTheNextSingleRevocationPass) {
  approve(id_of(10));
  w.reduce();
  w.sql("select rolecall.upsert_user('late', 'l@x', 'user_late')");
  w.sql("select rolecall.add_member('acme', 'late', array[$1])", {w.role()});
  w.take_in();
  w.sql(
      "update rolecall.lanes set state = 'idle', ended = 'delivered', delivered_version = "
      "wanted_version, waits_on = null, waits_version = null where state = 'due'");
  w.sql(
      "insert into rolecall.observed (subject, organization_id, object_key, incarnation, "
      "incarnation_created_at, echoed_version, looked, seen, seen_at, seen_source) select "
      "subject, organization_id, object_key, 'om_late', '2026-01-01T00:00:00.000Z', version, "
      "true, desired, '2026-01-01T00:00:00.000Z', 'read' from rolecall.subjects where subject = "
      "'member:acme:user_late'");
  w.shows_nothing("member:acme:user_late");
  w.reduce();
  EXPECT_EQ(w.held(), 0);
  EXPECT_EQ(w.assignments(), 0);
}

// One role of two is gone at WorkOS, the other was added here: what is said is what remains.
TEST(GuardApprovalOfAMerge, DeliversWhatItLetsGo) {
  GuardWorld w(40);
  w.lose_at_once(1, 9);
  w.sql(
      "select rolecall.add_member_role('acme', 'u40', 'role:global:' || id) from "
      "rolecall.global_roles where workos_slug = 'admin'");
  w.take_in();
  w.sql(
      "update rolecall.lanes set state = 'idle', ended = 'delivered', delivered_version = "
      "wanted_version, waits_on = null, waits_version = null where state = 'due'");
  w.shows_roles(w.member(40), R"(["member"])");
  w.reduce();
  ASSERT_EQ(w.lane(w.member(40), "state || failure_code"), "heldmass_revoke");
  EXPECT_EQ(w.number("select count(*) from rolecall.outbox"), 0);
  w.sql("select rolecall.approve_hold($1, 'meant so')", {w.member(40)});
  w.reduce();
  w.take_in();
  const auto worker = w.open_session();
  const auto lease = w.lease_one(worker);
  EXPECT_EQ(w.value("select $1::jsonb ->> 'roles'", {lease.desired}), R"(["admin", "member"])");
  w.settle(worker, lease, delivered());
  EXPECT_EQ(w.lane(w.member(40), "state || delivered_version"), "idle3");
}

TEST_F(GuardApproval, NeedsAReasonAndSomethingHeld) {
  EXPECT_EQ(sqlstate(asked("select rolecall.approve_hold(" + id_of(10) + ", ' ')")), "22023");
  EXPECT_EQ(sqlstate(asked("select rolecall.approve_hold(-1, 'why')")), "P0002");
  EXPECT_EQ(approve(id_of(1)), "settled");
  const auto other = w.say({.subject = "s"});
  w.take_in();
  w.sql("select rolecall.hold($1::bigint, 'by hand')", {std::to_string(other)});
  EXPECT_EQ(approve(std::to_string(other)), "not held by the guard");
  EXPECT_EQ(w.value("select rolecall.release($1::bigint)", {std::to_string(other)}), "released");
}

TEST_F(GuardApproval, IsNotGoneAroundByReleaseRetryOrCancel) {
  for (const std::string call : {"release(", "retry(", "cancel("}) {
    const auto answer =
        asked("select rolecall." + call + id_of(10) + (call == "cancel(" ? ", 'no')" : ")"));
    ASSERT_TRUE(answer.has_error()) << call;
    EXPECT_EQ(answer.error().code, "55000") << call;
    EXPECT_NE(answer.error().detail.find("approve_hold(" + id_of(10)), std::string::npos)
        << answer.error().detail;
  }
  EXPECT_EQ(w.held(), 31);
  EXPECT_EQ(w.value("select rolecall.hold($1::bigint, 'too')", {id_of(10)}), "already held");
}

TEST_F(GuardApproval, InAnOpenTransactionKeepsNoReducerWaiting) {
  auto person = w.database().connect();
  w.shows_nothing(w.member(10));
  person.script("begin").value();
  person.run("select rolecall.approve_hold(" + id_of(10) + ", 'they left')").value();
  auto impatient = w.database().connect();
  impatient.script("set lock_timeout = '1s'").value();
  EXPECT_EQ(sqlstate(impatient.run("select count(*) from rolecall.reduce_take_v1(100)")), "");
  person.script("commit").value();
  w.reduce();
  EXPECT_EQ(w.assignments(), 0);
}

TEST_F(GuardApproval, OfASubjectThatMovedOnIsForgotten) {
  approve(id_of(10));
  w.sql(
      "select rolecall.set_member_roles('acme', 'u10', array(select 'role:global:' || id from "
      "rolecall.global_roles where workos_slug = 'member'))");
  w.take_in();
  EXPECT_EQ(
      w.number("select count(*) from rolecall.guard_holds where subject = '" + w.member(10) + "'"),
      0);
  EXPECT_EQ(w.lane(w.member(10), "state"), "due");
}

}  // namespace
}  // namespace rolecall::testing
