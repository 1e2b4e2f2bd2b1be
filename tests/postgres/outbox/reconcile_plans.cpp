// Every statement of a reconciliation finds its rows by an index, at 300,000 members in 300
// organizations and with statistics that were taken when the tables were empty; and what a page
// costs does not grow with its organization.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/postgres/outbox/plan_reading.hpp"
#include "tests/postgres/outbox/witness.hpp"
#include "tests/support/postgres.hpp"

namespace rolecall::testing {
namespace {

constexpr int kMembers = 1'000;  // of each organization
constexpr int kPage = 100;
constexpr int kSome = 25;

// user_<n> is a member of o<n % 300>, org_<n % 300> at WorkOS, with the role `member`; version 1 of
// each is delivered and confirmed.
void fill(TestDatabase& db) {
  for (const auto* table :
       {"lanes", "observed", "subjects", "sends", "organization_memberships",
        "organization_role_assignments", "reconcile_findings", "reconcile_notes", "reconciliations",
        "audit_log", "organizations", "inbox"})
    db.sql(fmt::format("alter table rolecall.{} set (autovacuum_enabled = off)", table));
  db.sql("analyze");
  db.sql("select rolecall.upsert_global_role('member', 'Member')");
  db.sql("select rolecall.upsert_global_role('admin', 'Admin')");
  db.sql("set session_replication_role = replica");  // no look at foreign keys
  for (const auto* fill :
       {"insert into rolecall.organizations (id, name, workos_organization_id) select 'o' || n, "
        "'O', 'org_' || n from generate_series(0, 299) n",
        "insert into rolecall.organization_memberships (organization_id, workos_user_id, "
        "workos_membership_id) select 'o' || n % 300, 'user_' || n, 'om_' || n from "
        "generate_series(1, 300000) n",
        "insert into rolecall.organization_role_assignments (id, organization_id, workos_user_id, "
        "role_urn) select gen_random_uuid(), organization_id, workos_user_id, 'role:global:' || "
        "g.id from rolecall.organization_memberships, rolecall.global_roles g where g.workos_slug "
        "= 'member'",
        "insert into rolecall.subjects (subject, organization_id, object_key, version, kind, "
        "desired) select subject, organization_id, 'member:org_' || substr(organization_id, 2) || "
        "':' || workos_user_id, 1, 'member.push', jsonb_build_object('organization', 'org_' || "
        "substr(organization_id, 2), 'user', workos_user_id, 'roles', '[\"member\"]'::jsonb) from "
        "rolecall.organization_memberships",
        "insert into rolecall.lanes (subject, organization_id, kind, priority, state, ended, "
        "wanted_version, delivered_version, wanted_id, owed_since_id, enqueued_at, desired, "
        "next_attempt_at) select subject, organization_id, kind, 1, 'idle', 'delivered', 1, 1, 1, "
        "1, now(), desired, now() from rolecall.subjects",
        "insert into rolecall.observed (subject, organization_id, object_key, incarnation, "
        "incarnation_created_at, echoed_version, confirmed_version, confirmed_at, looked, seen, "
        "seen_at, seen_status, seen_source) select subject, organization_id, object_key, 'om_' || "
        "substr(desired ->> 'user', 6), '2026-01-01T00:00:00Z', 1, 1, now(), true, desired, "
        "'2026-01-01T00:00:00Z', 'active', 'read' from rolecall.subjects",
        "insert into rolecall.audit_log (organization_id, subject, version, action, actor) select "
        "organization_id, subject, 1, 'add_member', 'a test' from rolecall.subjects",
        "insert into rolecall.sends (subject, object_key, version, lease_token, operation, value, "
        "state, answer, leased_at) select subject, object_key, 1, 1, 'put', desired, 'answered', "
        "'{}', now() from rolecall.subjects where substr(desired ->> 'user', 6)::int % 10 = 0",
        "insert into rolecall.reconcile_findings (organization_id, subject, family, name, class, "
        "action, calls, seconds, pass) select organization_id, subject, 'member', desired ->> "
        "'user', 'external_edit', 'take_over', 0, 0, 1 from rolecall.subjects",
        "insert into rolecall.reconciliations (organization_id, pass, begun_at, begun_by, "
        "ended_at, checked_at) select id, 1, now() - interval '1 day', 'a test', now() - interval "
        "'1 day', now() - interval '1 day' from rolecall.organizations",
        "reset session_replication_role"})
    db.sql(fill);
}

class ReconcilePlans : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    db_ = std::make_unique<TestDatabase>();
    fill(*db_);
    witness_ = std::make_unique<Witness>(db_->url());
  }
  static void TearDownTestSuite() {
    witness_.reset();
    db_.reset();
  }

  // By index only, and no node reads more than `rows` rows.
  static std::string expect_by_index(const std::string& call, long rows) {
    const std::string plans = witness_->plans_of(call);
    EXPECT_EQ(sequential_reads(plans), 0) << plans.substr(0, 20'000);
    EXPECT_LE(most_rows(plans), rows) << call << "\n" << plans.substr(0, 20'000);
    return plans;
  }
  static std::string begin() {
    return db_->value("select rolecall.begin_reconcile_v1('o7', 'a test') ->> 'pass'");
  }
  // The n-th to the last member of o7, as WorkOS would show them with this role.
  static std::string listed(int from, int to, const std::string& role) {
    return fmt::format(
        "(select jsonb_agg(jsonb_build_object('family', 'member', 'name', 'user_' || n, 'begun_at',"
        " rolecall.json_time_v1(clock_timestamp()), 'shown', jsonb_build_object('incarnation', "
        "'om_' || n, 'created_at', '2026-01-01T00:00:00Z', 'updated_at', '2026-02-01T00:00:00Z', "
        "'status', 'active', 'directory_managed', false, 'value', jsonb_build_object("
        "'organization', 'org_7', 'user', 'user_' || n, 'roles', jsonb_build_array('{}'))))) from "
        "(select x * 300 + 7 as n from generate_series({}, {}) x) y)",
        role, from, to - 1);
  }
  static std::string page(const std::string& pass, const std::string& listed) {
    return fmt::format("select rolecall.reconcile_page_v1('o7', {}, {})", pass, listed);
  }
  static std::string apply(const std::string& pass, const std::string& step, int from) {
    return fmt::format(
        "select rolecall.apply_findings_v1('o7', {}, (select jsonb_agg(e || jsonb_build_object("
        "'finding', 'member:o7:' || (e ->> 'name'), 'subject', case when '{}' <> 'enter' then "
        "'member:o7:' || (e ->> 'name') end, 'object_key', 'member:org_7:' || (e ->> 'name'), "
        "'step', '{}', 'priority', 2, 'noted_version', 1, 'noted_send', 1000000000, 'roles', "
        "'[]'::jsonb)) from jsonb_array_elements({}) e))",
        pass, step, step, listed(from, from + 20, "admin"));
  }

  static inline std::unique_ptr<TestDatabase> db_;
  static inline std::unique_ptr<Witness> witness_;
};

TEST_F(ReconcilePlans, BeginningNotesOneOrganizationAndReadsNoOther) {
  expect_by_index("select rolecall.begin_reconcile_v1('o7', 'a test')", 2 * kMembers);
  EXPECT_EQ(db_->value("select count(*) from rolecall.reconcile_notes"), std::to_string(kMembers));
}

TEST_F(ReconcilePlans, APageOfWhatIsEqualReadsThatPage) {
  const auto pass = begin();
  expect_by_index(page(pass, listed(0, kPage, "member")), 2 * kPage);
  expect_by_index(page(pass, listed(kPage, 2 * kPage, "member")), 2 * kPage);
  EXPECT_EQ(db_->value("select count(*) from rolecall.reconcile_notes where found"),
            std::to_string(2 * kPage));
}

TEST_F(ReconcilePlans, APageOfWhatDiffersReadsThatPage) {
  const auto pass = begin();
  db_->sql("select rolecall.start_events()");
  expect_by_index(page(pass, listed(0, kSome, "admin")), 2 * kSome);
  db_->sql("select rolecall.disable_schedule('pull_events')");
  expect_by_index(page(pass, listed(kSome, 2 * kSome, "admin")), 2 * kSome);
  // Strangers: their keys are looked for where members, subjects and events are.
  expect_by_index(page(pass, listed(kMembers, kMembers + kSome, "admin")), 2 * kSome);
}

TEST_F(ReconcilePlans, APageOfWhatTheListingDidNotShowReadsThatPage) {
  const auto pass = begin();
  const std::string first = "'o7', " + pass + ", 'x', '', " + std::to_string(kSome);
  expect_by_index("select rolecall.reconcile_rest_v1(" + first + ")", 2 * kSome);
  expect_by_index("select rolecall.note_again_v1('o7', " + pass +
                      ", (select array_agg('member:o7:user_' || (x * 300 + 7)) from "
                      "generate_series(0, 99) x))",
                  2 * kPage);
}

TEST_F(ReconcilePlans, KeepingAndEndingTouchOneOrganization) {
  const auto pass = begin();
  expect_by_index(
      fmt::format("select rolecall.keep_findings_v1('o7', {}, (select jsonb_agg(jsonb_build_object("
                  "'subject', 'member:o7:' || (e ->> 'name'), 'family', 'member', 'name', e ->> "
                  "'name', 'class', 'external_edit', 'fields', '[]'::jsonb, 'local_at', '', "
                  "'detail', '', 'action', 'take_over', 'version', 1, 'calls', 1, 'seconds', 0)) "
                  "from jsonb_array_elements({}) e))",
                  pass, listed(0, kPage, "admin")),
      2 * kPage);
  // What earlier passes noted is vacuumed by and by.
  expect_by_index("select rolecall.end_reconcile_v1('o7', " + pass +
                      ", '{\"calls\": 1, \"compared\": 1, \"failure\": \"x\", \"unjudged\": []}')",
                  10 * kMembers);
}

TEST_F(ReconcilePlans, ARepairLooksUpWhatItRepairs) {
  const auto pass = begin();
  int from = 500;
  for (const auto* step : {"observe", "say_again", "say"}) {
    expect_by_index(apply(pass, step, from), 100);
    from += 20;
  }
  expect_by_index(apply(pass, "enter", 2'000), 100);
  EXPECT_EQ(db_->value("select string_agg(distinct applied, ', ' order by applied) from "
                       "rolecall.reconcile_findings where applied is not null"),
            "handed over, said");
  EXPECT_EQ(db_->value("select count(*) from rolecall.subjects where kind = 'member.remove'"),
            "20");
}

TEST_F(ReconcilePlans, ATurnReadsARowOfEachOrganization) {
  const auto worker = db_->value(
      "insert into rolecall.worker_sessions (locks, program_version, host, process_id) values "
      "(false, '0.1.0', 'a test', 1) returning id");
  db_->sql("select rolecall.enable_schedule('reconcile')");
  expect_by_index("select rolecall.take_reconcile_v1(" + worker + ")", 300);
  db_->sql("select rolecall.disable_schedule('reconcile')");
  // Nor does it read more when ever so much is unconfirmed.
  db_->sql("update rolecall.sends set leased_at = now() - interval '1 hour'");
  expect_by_index("select rolecall.unconfirmed_organization_v1(now())", 300);
}

TEST_F(ReconcilePlans, WhoAsksAboutOneOrganizationReadsThatOne) {
  db_->sql("analyze");
  for (const std::string asked :
       {"select count(*) from rolecall.plan('o8')",
        "select count(*) from rolecall.drift where organization_id = 'o8'",
        "select * from rolecall.convergence_summary where organization_id = 'o8'"})
    EXPECT_LE(most_rows(witness_->plans_of(asked)), 2 * kMembers) << asked;
}

}  // namespace
}  // namespace rolecall::testing
