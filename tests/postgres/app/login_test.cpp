// What a login tells: its token agrees, is older, or has WorkOS read; who was not known is entered.
#include <fmt/format.h>

#include "tests/postgres/app/app_world.hpp"

namespace rolecall::testing {
namespace {

class Logins : public AppWorld {
 protected:
  Answer observe(const std::string& who, const std::vector<std::string>& slugs,
                 const std::string& at = "now()") {
    return app.run(fmt::format("select rolecall.observe_member_roles('acme', {}, {}, {})",
                               quoted(who), array_of(slugs), at));
  }
  // What a worker recorded of ann after the roles that she holds here had been said.
  void seen(const std::string& roles, const std::string& at = "2026-01-15T12:00:00.500Z",
            const std::string& status = "active") {
    database.sql(
        "insert into rolecall.observed (subject, organization_id, object_key, looked, incarnation, "
        "seen, seen_at, seen_status, seen_source) "
        "values ('member:acme:user_a', 'acme', 'member:org_1:user_a', true, 'om_1', "
        "jsonb_build_object('roles', $1::jsonb), $2, $3, 'read')",
        {roles, at, status});
  }
  std::string requests() {
    return value(
        "select string_agg(subject || ' ' || reason, ', ' order by id) from "
        "rolecall.look_requests");
  }
  std::string taken() { return value("select rolecall.take_look_requests_v1(100)"); }
  const std::string member = environment_role("member");
  const std::string admin = environment_role("admin");
};

TEST_F(Logins, ThatSayWhatWasSeenChangeNothing) {
  add_member("ann", {member, admin});
  seen(R"(["admin", "member"])");
  EXPECT_EQ(observe("user_a", {"member", "admin", "member"}).value(), "agrees");
  EXPECT_EQ(observe("ann", {"member", "admin"}).value(), "agrees");
  EXPECT_EQ(requests(), "");
}

// Everything that an agreeing login reads: one row, by its key.
TEST_F(Logins, ThatSayWhatWasSeenCostOneIndexedRead) {
  add_member("ann", {member});
  seen(R"(["member"])");
  database.sql("analyze");
  const auto reads = [&](const std::string& kind, const std::string& tables) {
    return std::stoi(value("select sum(coalesce(" + kind +
                           ", 0)) from pg_stat_xact_all_tables "
                           "where schemaname = 'rolecall' and relname " +
                           tables));
  };
  database.sql("begin");
  const int by_key = reads("idx_scan", "= 'observed'");
  const int others = reads("idx_scan + seq_scan", "<> 'observed'");
  database.sql("select rolecall.observe_member_roles('acme', 'user_a', array['member'], now())");
  EXPECT_EQ(reads("idx_scan", "= 'observed'"), by_key + 1);
  EXPECT_EQ(reads("idx_scan + seq_scan", "<> 'observed'"), others);
  database.sql("rollback");
}

TEST_F(Logins, WithADifferenceHaveWorkosReadOnceAndChangeNoRole) {
  add_member("ann", {member});
  seen(R"(["member"])");
  EXPECT_EQ(observe("user_a", {"admin"}).value(), "asked");
  EXPECT_EQ(observe("ann", {"admin", "member"}).value(), "asked");
  EXPECT_EQ(requests(), "member:acme:user_a login");
  EXPECT_EQ(version_of("member:acme:user_a"), "1");
  EXPECT_EQ(value("select string_agg(role_urn, ' ') from rolecall.organization_role_assignments"),
            member);
  EXPECT_EQ(taken(), "1");
  EXPECT_EQ(value("select verify_reason || (verify_at <= clock_timestamp()) from "
                  "rolecall.observed"),
            "logintrue");
  EXPECT_EQ(taken(), "0");
}

TEST_F(Logins, OfASuspendedMemberAskToo) {
  add_member("ann", {member});
  seen(R"(["member"])", "2026-01-15T12:00:00Z", "inactive");
  EXPECT_EQ(observe("user_a", {"member"}).value(), "asked");
}

// An iat has whole seconds: one of the same second may be younger.
TEST_F(Logins, WithAnOlderTokenChangeNothing) {
  add_member("ann", {member});
  seen(R"(["member"])");
  EXPECT_EQ(observe("user_a", {"admin"}, "timestamptz '2026-01-15 11:59:59+00'").value(), "older");
  EXPECT_EQ(requests(), "");
  EXPECT_EQ(observe("user_a", {"admin"}, "timestamptz '2026-01-15 12:00:00+00'").value(), "asked");
}

TEST_F(Logins, WithRolesThatNobodyKnowsHereChangeNothing) {
  add_member("ann", {member});
  seen(R"(["member"])");
  EXPECT_EQ(observe("user_a", {"member", "org-unheard"}).value(), "older");
  EXPECT_EQ(requests(), "");
}

TEST_F(Logins, EnterSomebodyWhoIsNotKnownAndHaveThemLookedUp) {
  EXPECT_EQ(observe("user_new", {"member", "org-unheard"}, "timestamptz '2026-01-15 12:00:00+00'")
                .value(),
            "entered");
  EXPECT_EQ(value("select status || coalesce(user_id, '-') || (deleted_at is null) from "
                  "rolecall.organization_memberships"),
            "active-true");
  EXPECT_EQ(value("select role_urn from rolecall.organization_role_assignments where deleted_at is "
                  "null"),
            member);
  EXPECT_EQ(value("select count(*) from rolecall.outbox"), "0") << "nothing is to be said";
  EXPECT_EQ(taken(), "1");
  EXPECT_EQ(value("select seen || seen_source || seen_at || unresolved || looked || verify_reason "
                  "from rolecall.observed"),
            R"({"user": "user_new", "roles": ["member", "org-unheard"], "organization": "org_1"})"
            R"(read2026-01-15T12:00:00.000000Z{"org-unheard": "2026-01-15T12:00:00.000000Z"})"
            "falselogin");
  EXPECT_EQ(value("select state from rolecall.convergence"), "pending");
  EXPECT_EQ(observe("user_new", {"member", "org-unheard"}).value(), "agrees");
  EXPECT_EQ(value("select count(*) from rolecall.audit_log where action = 'entered_unverified'"),
            "1");
}

TEST_F(Logins, OfSomebodyWhoWasRemovedReviveNothing) {
  add_member("ann", {member});
  app.must("select rolecall.remove_member('acme', 'ann')");
  EXPECT_EQ(observe("ann", {"member"}).value(), "asked");
  EXPECT_EQ(value("select count(*) from rolecall.organization_memberships where deleted_at is "
                  "null"),
            "0");
}

TEST_F(Logins, AreRefusedWithTheReason) {
  EXPECT_TRUE(refused(observe("ann", {}), "22023", "needs its roles and its time"));
  EXPECT_TRUE(refused(observe("ann", {"member"}, "null"), "22023", "needs its roles and its time"));
  EXPECT_TRUE(refused(observe("nobody", {"member"}), "P0002", "does not exist"));
  EXPECT_TRUE(
      refused(app.run("select rolecall.observe_member_roles('acne', 'user_a', '{member}', now())"),
              "P0002", "acne"));
  app.must("set app.org_id = 'other'");
  EXPECT_TRUE(refused(observe("user_a", {"member"}), "42501", "acts for organization other"));
  EXPECT_TRUE(refused(app.run("select rolecall.request_member_sync('acme', 'user_a')"), "42501",
                      "acts for organization other"));
}

TEST_F(Logins, AskOutrightForAMemberKnownOrNot) {
  add_member("ann", {member});
  EXPECT_EQ(app.run("select rolecall.request_member_sync('acme', 'ann')").value(), "asked");
  EXPECT_EQ(app.run("select rolecall.request_member_sync('acme', 'user_new')").value(), "asked");
  EXPECT_EQ(app.run("select rolecall.request_member_sync('acme', 'user_new')").value(), "asked");
  EXPECT_EQ(requests(), "member:acme:user_a request, member:acme:user_new request");
  EXPECT_EQ(value("select deleted_at is not null from rolecall.organization_memberships where "
                  "workos_user_id = 'user_new'"),
            "t")
      << "no member until WorkOS says so";
  EXPECT_EQ(taken(), "2");
  EXPECT_EQ(value("select seen is null and kind = 'member.remove' from rolecall.observed join "
                  "rolecall.subjects using (subject) where subject = 'member:acme:user_new'"),
            "t");
}

TEST_F(Logins, AskInARepeatableReadThoughTheRequestThatItSeesWasTaken) {
  add_member("ann", {member});
  app.must("select rolecall.request_member_sync('acme', 'ann')");
  app.must("begin isolation level repeatable read");
  app.must("select count(*) from rolecall.list_roles('acme')");
  EXPECT_EQ(taken(), "1");
  app.must("select rolecall.request_member_sync('acme', 'ann')");
  app.must("commit");
  EXPECT_EQ(requests(), "member:acme:user_a request");
}

// I9: what an application holds in an open transaction stops no worker.
TEST_F(Logins, InAnOpenTransactionStopNoWorker) {
  add_member("ann", {member});
  seen(R"(["member"])");
  app.must("begin");
  EXPECT_EQ(observe("user_a", {"admin"}).value(), "asked");
  database.sql("set lock_timeout = '2s'");
  EXPECT_EQ(taken(), "0");
  EXPECT_NO_THROW(database.sql("update rolecall.observed set looked = true"));
  app.must("commit");
  EXPECT_EQ(taken(), "1");
}

}  // namespace
}  // namespace rolecall::testing
