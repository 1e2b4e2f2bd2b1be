// Passes of reconciliation in the database: the fence, the notes, what is kept of an interrupted
// one, and what becomes of a repair.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/support/postgres.hpp"

namespace rolecall::testing {
namespace {

// acme is org_1; ann (user_a) and ben (user_b) are members with the role `member`, and version 1 of
// each counts as delivered and confirmed.
class ReconcilePasses : public ::testing::Test {
 protected:
  ReconcilePasses() {
    db.sql("select rolecall.upsert_organization('acme', 'Acme', 'org_1')");
    db.sql("select rolecall.upsert_global_role('member', 'Member')");
    db.sql("select rolecall.upsert_global_role('admin', 'Admin')");
    for (const auto* user : {"user_a", "user_b"}) {
      db.sql(
          "select rolecall.add_member('acme', $1, array[(select 'role:global:' || id from "
          "rolecall.global_roles where workos_slug = 'member')])",
          {user});
      db.sql(
          "insert into rolecall.lanes (subject, organization_id, kind, priority, state, ended, "
          "wanted_version, delivered_version, wanted_id, owed_since_id, enqueued_at, desired, "
          "next_attempt_at) select subject, organization_id, kind, 1, 'idle', 'delivered', 1, 1, "
          "id, id, now(), desired, now() from rolecall.outbox where desired ->> 'user' = $1",
          {user});
      db.sql(
          "insert into rolecall.observed (subject, organization_id, object_key, incarnation, "
          "incarnation_created_at, echoed_version, confirmed_version, looked, seen, seen_at, "
          "seen_status, seen_source) select subject, organization_id, object_key, 'om_' || $1, "
          "'2026-01-01T00:00:00Z', 1, 1, true, desired, '2026-01-01T00:00:00Z', 'active', 'read' "
          "from rolecall.subjects where desired ->> 'user' = $1",
          {user});
    }
    db.sql("delete from rolecall.outbox");
  }

  std::string value(const std::string& sql, const Params& params = {}) {
    return db.value(sql, params);
  }
  std::string begin() {
    return value("select rolecall.begin_reconcile_v1('acme', 'a test') ->> 'pass'");
  }
  static std::string shown(const std::string& user, const std::string& role = "member") {
    return fmt::format(
        R"({{"incarnation":"om_{0}","created_at":"2026-01-01T00:00:00Z","updated_at":)"
        R"("2026-02-01T00:00:00Z","status":"active","directory_managed":false,"value":)"
        R"({{"organization":"org_1","user":"{0}","roles":["{1}"]}}}})",
        user, role);
  }
  std::string page(const std::string& pass, const std::string& user,
                   const std::string& role = "member") {
    return value(
        "select rolecall.reconcile_page_v1('acme', $1::bigint, jsonb_build_array(jsonb_build_object"
        "('family', 'member', 'name', $2::text, 'begun_at', '2026-03-01T00:00:00Z', 'shown', "
        "$3::jsonb)))",
        {pass, user, shown(user, role)});
  }
  std::string names_of(const std::string& answer) {
    return value(
        "select coalesce(string_agg(c ->> 'name', ' ' order by c ->> 'name'), '') from "
        "jsonb_array_elements($1::jsonb -> 'candidates') c",
        {answer});
  }
  std::string rest(const std::string& pass) {
    return names_of(value(
        "select rolecall.reconcile_rest_v1('acme', $1::bigint, '2026-03-01T00:00:00Z', '', 10)",
        {pass}));
  }
  std::string keep(const std::string& pass, const std::string& user, const std::string& kind) {
    return value(
        "select rolecall.keep_findings_v1('acme', $1::bigint, jsonb_build_array(jsonb_build_object("
        "'subject', 'member:acme:' || $2, 'family', 'member', 'name', $2::text, 'class', $3::text, "
        "'fields', '[\"a\"]'::jsonb, 'local_value', null, 'remote_value', null, 'version', 1, "
        "'local_at', '', 'detail', '', 'action', 'take_over', 'calls', 1, 'seconds', 0.5)))",
        {pass, user, kind});
  }
  std::string end(const std::string& pass, const std::string& failure = "",
                  const std::string& unjudged = "[]") {
    return value(
        "select rolecall.end_reconcile_v1('acme', $1::bigint, jsonb_build_object('calls', 3, "
        "'compared', 2, 'failure', $2::text, 'unjudged', $3::jsonb))",
        {pass, failure, unjudged});
  }
  std::string apply(const std::string& pass, const std::string& user, const std::string& step,
                    const std::string& noted_version = "1") {
    return value(
        "select rolecall.apply_findings_v1('acme', $1::bigint, jsonb_build_array("
        "jsonb_build_object('finding', 'member:acme:' || $2, 'subject', 'member:acme:' || $2, "
        "'family', 'member', 'name', $2::text, 'object_key', 'member:org_1:' || $2, 'step', "
        "$3::text, 'priority', 2, 'begun_at', '2026-03-01T00:00:00Z', 'shown', $4::jsonb, "
        "'noted_version', $5::int, 'noted_send', 0, 'roles', '[]'::jsonb))) #>> "
        "'{outcomes,0,outcome}'",
        {pass, user, step, shown(user, "admin"), noted_version});
  }
  std::string plan() {
    return value(
        "select coalesce(string_agg(name || ' ' || class, ', ' order by name), '') from "
        "rolecall.plan('acme')");
  }

  TestDatabase db{};
};

TEST_F(ReconcilePasses, ANewerPassFencesTheOlder) {
  const auto first = begin();
  const auto second = begin();
  EXPECT_EQ(value("select $1::jsonb ->> 'fenced'", {page(first, "user_a")}), "true");
  EXPECT_EQ(keep(first, "user_a", "external_edit"), "f");
  EXPECT_EQ(end(first), "f");
  EXPECT_EQ(apply(first, "user_a", "observe"), "");
  EXPECT_EQ(value("select rolecall.note_again_v1('acme', $1::bigint, '{x}') ->> 'fenced'", {first}),
            "true");
  EXPECT_EQ(value("select $1::jsonb ->> 'fenced'", {page(second, "user_a")}), "false");
  EXPECT_EQ(keep(second, "user_a", "external_edit"), "t");
  EXPECT_EQ(end(second), "t");
  EXPECT_EQ(end(second), "f") << "it has ended";
}

TEST_F(ReconcilePasses, OnlyWhatIsNotPlainlyEqualIsTold) {
  const auto pass = begin();
  EXPECT_EQ(names_of(page(pass, "user_a")), "");
  EXPECT_EQ(names_of(page(pass, "user_b", "admin")), "user_b");
  EXPECT_EQ(names_of(page(pass, "user_c")), "user_c") << "a stranger";
  EXPECT_EQ(
      value("select $1::jsonb #>> '{candidates,0,noted,version}'", {page(pass, "user_b", "admin")}),
      "1");
}

TEST_F(ReconcilePasses, WhatTheTablesSayByHandIsTold) {
  db.sql(
      "update rolecall.organization_role_assignments set deleted_at = now() where workos_user_id "
      "= 'user_a'");
  db.sql(
      "update rolecall.organization_memberships set status = 'inactive' where workos_user_id = "
      "'user_b'");
  const auto pass = begin();
  EXPECT_EQ(names_of(page(pass, "user_a")), "user_a");
  EXPECT_EQ(names_of(page(pass, "user_b")), "user_b");
}

TEST_F(ReconcilePasses, TheRestIsWhatTheListingDidNotShow) {
  auto pass = begin();
  page(pass, "user_a");
  EXPECT_EQ(rest(pass), "user_b");
  EXPECT_EQ(value("select rolecall.note_again_v1('acme', $1::bigint, '{member:acme:user_b}') ->> "
                  "'fenced'",
                  {pass}),
            "false");
  EXPECT_EQ(rest(pass), "") << "it is looked at by itself";
  db.sql("select rolecall.remove_member('acme', 'user_b')");
  pass = begin();
  EXPECT_EQ(rest(pass), "user_a") << "who is not wanted is not missed";
}

TEST_F(ReconcilePasses, AnInterruptedPassLeavesThePlanOfTheOneBefore) {
  auto pass = begin();
  keep(pass, "user_a", "external_edit");
  keep(pass, "user_b", "missing_there");
  end(pass);
  EXPECT_EQ(plan(), "user_a external_edit, user_b missing_there");
  pass = begin();
  keep(pass, "user_a", "external_edit");
  EXPECT_EQ(plan(), "user_a external_edit, user_b missing_there") << "it goes no further";
  pass = begin();
  keep(pass, "user_a", "external_edit");
  end(pass, "in_doubt: no answer");
  EXPECT_EQ(plan(), "user_a external_edit, user_b missing_there") << "it did not read all";
  pass = begin();
  end(pass, "", R"(["member:acme:user_b"])");
  EXPECT_EQ(plan(), "user_b missing_there") << "it could not judge that one";
  pass = begin();
  end(pass);
  EXPECT_EQ(plan(), "");
  EXPECT_EQ(value("select count(*) from rolecall.reconcile_notes"), "0");
}

TEST_F(ReconcilePasses, OnlyAPassThatReadAllIsACheck) {
  EXPECT_EQ(value("select checked || ' of ' || organizations from rolecall.reconciliation_status"),
            "0 of 1");
  end(begin(), "in_doubt: no answer");
  EXPECT_EQ(value("select checked || ' ' || failing from rolecall.reconciliation_status"), "0 1");
  end(begin());
  EXPECT_EQ(value("select checked || ' ' || failing from rolecall.reconciliation_status"), "1 0");
  EXPECT_EQ(value("select calls || ' ' || compared from rolecall.reconciliations"), "3 2");
}

TEST_F(ReconcilePasses, ADifferenceKeepsItsAgeWhileItsClassIsTheSame) {
  auto pass = begin();
  keep(pass, "user_a", "external_edit");
  end(pass);
  db.sql("update rolecall.reconcile_findings set first_seen_at = now() - interval '1 day'");
  pass = begin();
  keep(pass, "user_a", "external_edit");
  end(pass);
  EXPECT_EQ(value("select age > interval '23 hours' from rolecall.drift"), "t");
  EXPECT_EQ(value("select oldest_drift_s > 80000 from rolecall.reconciliation_status"), "t");
  pass = begin();
  keep(pass, "user_a", "late_write");
  end(pass);
  EXPECT_EQ(value("select age < interval '1 hour' from rolecall.drift"), "t");
}

TEST_F(ReconcilePasses, WhatIsOnItsWayIsInThePlanAndNoDrift) {
  const auto pass = begin();
  keep(pass, "user_a", "pending");
  end(pass);
  EXPECT_EQ(plan(), "user_a pending");
  EXPECT_EQ(value("select count(*) from rolecall.drift"), "0");
}

TEST_F(ReconcilePasses, WhatWasRepairedAndSeenToAgreeSinceIsNoDriftAnyMore) {
  const std::string drift =
      "select coalesce(string_agg(name, ' ' order by name), '') from "
      "rolecall.drift";
  const auto pass = begin();
  keep(pass, "user_a", "external_edit");
  keep(pass, "user_b", "unsaid");
  end(pass);
  db.sql("update rolecall.reconcile_findings set applied_at = now(), applied = 'said'");
  EXPECT_EQ(value(drift), "user_a user_b");
  db.sql("update rolecall.subjects set version = 2");
  db.sql("update rolecall.observed set confirmed_at = now()");
  EXPECT_EQ(value(drift), "user_a user_b") << "the newest version was not seen yet";
  db.sql("update rolecall.observed set confirmed_version = 2, confirmed_at = now()");
  EXPECT_EQ(value(drift), "user_b") << "that its tables were changed by hand, no version tells";
  EXPECT_EQ(plan(), "user_a external_edit, user_b unsaid") << "the plan is what was found";
}

TEST_F(ReconcilePasses, AnOrganizationThatIsNotComparedAnyMoreHasNoDrift) {
  const auto pass = begin();
  keep(pass, "user_a", "external_edit");
  end(pass);
  EXPECT_EQ(value("select differences from rolecall.reconciliation_status"), "1");
  db.sql("update rolecall.organizations set disabled_at = now()");
  EXPECT_EQ(value("select differences from rolecall.reconciliation_status"), "0");
}

TEST_F(ReconcilePasses, ThePlanIsOneOrganizationsOwn) {
  const auto pass = begin();
  keep(pass, "user_a", "external_edit");
  end(pass);
  EXPECT_EQ(value("select count(*) from rolecall.plan('other')"), "0");
  auto session = db.connect_directly();
  ASSERT_TRUE(session.script("set app.org_id = 'other'"));
  const auto refused = session.run("select * from rolecall.plan('acme')");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "42501");
}

TEST_F(ReconcilePasses, EveryClassIsExplainedInWords) {
  EXPECT_EQ(value("select count(*) from (select regexp_matches(pg_get_constraintdef(oid), "
                  "'''([a-z_]+)''', 'g') as m from pg_constraint where conrelid = "
                  "'rolecall.reconcile_findings'::regclass and conname like '%class%') x where "
                  "rolecall.drift_words(m[1]) is null"),
            "0");
}

TEST_F(ReconcilePasses, ARepairHandsTheReadToTheReducer) {
  const auto pass = begin();
  keep(pass, "user_a", "external_edit");
  EXPECT_EQ(apply(pass, "user_a", "observe"), "handed over");
  EXPECT_EQ(value("select pending_read #>> '{shown,value,roles,0}' || ' ' || (reduce_due_at is not "
                  "null) from rolecall.observed where subject = 'member:acme:user_a'"),
            "admin true");
  EXPECT_EQ(value("select applied from rolecall.plan('acme')"), "handed over");
  EXPECT_EQ(value("select version from rolecall.subjects where subject = 'member:acme:user_a'"),
            "1")
      << "it decides nothing itself";
}

TEST_F(ReconcilePasses, ARepairOfWhatMovedSinceIsDiscarded) {
  const auto pass = begin();
  db.sql("select rolecall.remove_member('acme', 'user_a')");
  for (const auto* step : {"observe", "say_again", "say"})
    EXPECT_EQ(apply(pass, "user_a", step), "moved") << step;
}

TEST_F(ReconcilePasses, WhatAnApplicationHoldsIsLeft) {
  const auto pass = begin();
  auto application = db.connect();
  ASSERT_TRUE(application.script(
      "begin; select from rolecall.subjects where subject = 'member:acme:user_a' for update"));
  EXPECT_EQ(apply(pass, "user_a", "say_again"), "busy");
  EXPECT_EQ(apply(pass, "user_a", "say"), "busy");
  ASSERT_TRUE(application.script("rollback"));
  EXPECT_EQ(apply(pass, "user_a", "say_again"), "said");
}

TEST_F(ReconcilePasses, WhatIsSaidAgainIsAVersionWithItsOutboxRow) {
  EXPECT_EQ(apply(begin(), "user_a", "say_again"), "said");
  EXPECT_EQ(value("select version || ' ' || priority || ' ' || (desired #>> '{roles,0}') || ' ' || "
                  "reason from rolecall.outbox"),
            "2 2 member reconcile: lost_write");
  EXPECT_EQ(value("select action from rolecall.audit_log order by id desc limit 1"), "said_again");
}

TEST_F(ReconcilePasses, WhatTheTablesSayByHandIsSaidByTheirWord) {
  db.sql(
      "update rolecall.organization_role_assignments set role_urn = (select 'role:global:' || id "
      "from rolecall.global_roles where workos_slug = 'admin') where workos_user_id = 'user_a'");
  db.sql(
      "update rolecall.organization_role_assignments set deleted_at = now() where workos_user_id "
      "= 'user_b'");
  const auto pass = begin();
  EXPECT_EQ(apply(pass, "user_a", "say"), "said");
  EXPECT_EQ(apply(pass, "user_b", "say"), "said");
  EXPECT_EQ(value("select string_agg(desired #>> '{roles}', ' ' order by subject) from "
                  "rolecall.outbox"),
            R"(["admin"] ["member"])")
      << "nobody is left without a role";
  EXPECT_EQ(value("select count(*) from rolecall.guard_holds"), "1")
      << "the guard counts what goes";
}

TEST_F(ReconcilePasses, SomebodyWhomWorkosShowsIsEnteredAsNoMemberYet) {
  EXPECT_EQ(apply(begin(), "user_c", "enter", "0"), "handed over");
  EXPECT_EQ(
      value("select s.kind || ' ' || s.version || ' ' || (m.deleted_at is not null) || ' ' || "
            "(o.pending_read is not null) from rolecall.subjects s join "
            "rolecall.organization_memberships m using (subject) join rolecall.observed o "
            "using (subject) where s.subject = 'member:acme:user_c'"),
      "member.remove 1 true true");
}

TEST_F(ReconcilePasses, OrganizationsComeTheOneFirstThatWasCheckedLongestAgo) {
  db.sql("select rolecall.upsert_organization('beta', 'Beta', 'org_2')");
  db.sql("select rolecall.upsert_organization('gamma', 'Gamma', null)");
  end(begin());
  EXPECT_EQ(value("select string_agg(o, ' ') from rolecall.reconcile_organizations_v1() o"),
            "beta acme");
  EXPECT_EQ(value("select rolecall.begin_reconcile_v1('gamma', 'x') ->> 'found'"), "false");
  EXPECT_EQ(value("select rolecall.begin_reconcile_v1('nobody', 'x') ->> 'found'"), "false");
}

TEST_F(ReconcilePasses, AReadWaitsForAStreamThatFlows) {
  const std::string reached = "select rolecall.stream_reached_v1('2026-03-01T00:00:00Z')";
  EXPECT_EQ(value(reached), "t") << "it is off";
  db.sql("select rolecall.start_events()");
  EXPECT_EQ(value(reached), "f");
  db.sql("update rolecall.event_stream set pulled_at = '2026-03-01 00:00:29+00'");
  EXPECT_EQ(value(reached), "f");
  db.sql("update rolecall.event_stream set pulled_at = '2026-03-01 00:00:30+00'");
  EXPECT_EQ(value(reached), "t");
}

}  // namespace
}  // namespace rolecall::testing
