// H5 and N8: every statement of a worker finds its rows by an index, at 300,000 rows and with
// statistics that were taken when the tables were empty; and the lanes' table does not grow without
// end.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/postgres/outbox/lane_world.hpp"
#include "tests/postgres/outbox/plan_reading.hpp"
#include "tests/postgres/outbox/witness.hpp"

namespace rolecall::testing {
namespace {

class Plans : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    world_ = std::make_unique<LaneWorld>();
    auto& w = *world_;
    for (const auto* table : {"lanes", "outbox", "observed", "subjects", "sends"})
      w.sql(fmt::format("alter table rolecall.{} set (autovacuum_enabled = off)", table));
    w.sql("analyze");
    w.sql(
        "insert into rolecall.subjects (subject, organization_id, object_key, version, kind, "
        "desired) "
        "select 's' || n, 'o' || n % 300, 's' || n, 2, 'member.push', '{\"roles\":[\"a\"]}' "
        "from generate_series(1, 300000) n");
    // A third each: due now, due in an hour, waiting for one role.
    w.sql(
        "insert into rolecall.lanes (subject, organization_id, kind, priority, state, "
        "wanted_version, "
        "wanted_id, owed_since_id, enqueued_at, desired, next_attempt_at, waits_for, waits_on, "
        "waits_version, wait_until) select 's' || n, 'o' || n % 300, 'member.push', n % 3, 'due', "
        "1, n, n, "
        "now(), '{\"roles\":[\"a\"]}', now() + case when n <= 100000 then interval '-1 s' else "
        "interval '1 hour' end, "
        "case when n > 200000 then array[row('s1', 1)::rolecall.wait] else '{}' end, "
        "case when n > 200000 then 's1' end, case when n > 200000 then 1 end, "
        "case when n > 200000 then now() + interval '1 hour' end from generate_series(1, 300000) "
        "n");
    w.sql(
        "insert into rolecall.observed (subject, organization_id, object_key, verify_at) "
        "select 's' || n, 'o', 's' || n, now() + interval '1 hour' from generate_series(1, 300000) "
        "n");
    w.sql(
        "insert into rolecall.outbox (organization_id, subject, version, kind, desired, "
        "enqueued_by) "
        "select organization_id, subject, 2, kind, desired, 'a test' from rolecall.subjects limit "
        "100000");
    worker_ = w.open_session();
    witness_ = std::make_unique<Witness>(w.database().url());
  }
  static void TearDownTestSuite() {
    witness_.reset();
    world_.reset();
  }

  // A call's plans: by index only, and no node reads more than `rows` rows.
  static void expect_by_index(const std::string& call, long rows) {
    const std::string plans = witness_->plans_of(call);
    EXPECT_EQ(sequential_reads(plans), 0) << plans;
    EXPECT_LE(most_rows(plans), rows) << plans;
  }
  // The same with the function's planner settings taken away.
  static std::string plans_without_settings(const std::string& functions, const std::string& call) {
    auto& w = *world_;
    w.sql("begin");
    std::string plans;
    Witness naive(w.database().url());
    naive.run("begin");
    naive.run(fmt::format(
        "do $$ declare f regprocedure; begin for f in select p.oid from pg_proc p join "
        "pg_namespace n "
        "on n.oid = p.pronamespace where n.nspname = 'rolecall' and p.proname ~ '{}' loop "
        "execute format('alter function %s reset all', f); end loop; end $$",
        functions));
    plans = naive.plans_of(call);
    naive.run("rollback");
    w.sql("rollback");
    return plans;
  }
  static std::string leasing(int rows) {
    return fmt::format(
        "select jsonb_array_length(rolecall.lease_due_v1({}, {}, 30000, rolecall.known_kinds()) -> "
        "'leases')",
        worker_, rows);
  }
  // Settles `rows` lanes that were leased for it.
  static std::string settling(int rows) {
    return fmt::format(
        "select count(*) from rolecall.settle_v1({}, (select "
        "jsonb_agg(jsonb_build_object('subject', l.subject, "
        "'token', l.lease_token, 'send', s.id, 'outcome', 'delivered', 'fate', 'answered', "
        "'delay_ms', 0, "
        "'answer', jsonb_build_object('incarnation', 'om', 'updated_at', 'x', 'value', "
        "l.desired))) "
        "from (select * from rolecall.lanes where state = 'leased' and leased_by = {} limit {}) l "
        "join rolecall.sends s on s.lease_token = l.lease_token))",
        worker_, worker_, rows);
  }

  static inline std::unique_ptr<LaneWorld> world_;
  static inline std::unique_ptr<Witness> witness_;
  static inline std::int64_t worker_ = 0;
};

using FindingH5 = Plans;

TEST_F(FindingH5, TheLeaseReadsTheDueIndexUpToNow) {
  const std::string plans = witness_->plans_of(leasing(20));
  EXPECT_EQ(sequential_reads(plans), 0) << plans;
  EXPECT_LE(most_rows(plans), 400) << plans;
  EXPECT_TRUE(std::regex_search(
      plans,
      std::regex(
          R"(using lanes_due on lanes[^\n]*\n\s*Index Cond: \(\(priority = [^\n]*next_attempt_at <= )")))
      << plans;
  EXPECT_TRUE(std::regex_search(
      plans,
      std::regex(
          R"(lanes_due_by_organization on lanes[^\n]*\n\s*Index Cond: \(\(priority = [^\n]*organization_id [=>] )")))
      << plans;
  EXPECT_TRUE(std::regex_search(
      plans, std::regex(R"(using lanes_pkey on lanes[^\n]*\n\s*Index Cond: \(subject = )")))
      << plans;
}

TEST_F(FindingH5, SettleLooksEachLaneUpByItsKey) {
  witness_->run(leasing(100));
  witness_->run("set enable_seqscan = off");  // of the test's own look for leased lanes
  const std::string plans = witness_->plans_of(settling(100));
  witness_->run("reset enable_seqscan");
  EXPECT_EQ(sequential_reads(plans), 0) << plans;
  EXPECT_LE(most_rows(plans), 1000) << plans;
  EXPECT_TRUE(std::regex_search(
      plans, std::regex(R"(using lanes_pkey on lanes[^\n]*\n\s*Index Cond: \(subject = )")))
      << plans;
}

TEST_F(FindingH5, SettleReadsNoHistoryWhereNothingNewerCame) {
  witness_->run(leasing(100));
  const std::string plans = witness_->plans_of(settling(100));
  EXPECT_TRUE(std::regex_search(
      plans, std::regex(R"(Function Scan on owed_after_v1[^\n]*\(never executed\))")))
      << plans;
}

TEST_F(FindingH5, IntakeReadsInOrderAndLooksLanesUpByKey) {
  expect_by_index("select rolecall.take_in_v1(200)", 2000);
}

TEST_F(FindingH5, RescueReadsLeasedLanesOnly) {
  witness_->run(leasing(50));
  expect_by_index("select rolecall.rescue_v1(0)", 1000);
  const auto other = world_->open_session();
  world_->sql("update rolecall.worker_sessions set retired_at = now() where id = $1",
              {std::to_string(worker_)});
  const std::string plans = witness_->plans_of("select rolecall.rescue_v1(0)");
  world_->sql("update rolecall.worker_sessions set retired_at = null where id = $1",
              {std::to_string(worker_)});
  EXPECT_EQ(sequential_reads(plans), 0) << plans;
  EXPECT_NE(plans.find("lanes_leased"), std::string::npos);
  EXPECT_NE(plans.find("lanes_lease_end"), std::string::npos);
  EXPECT_GT(other, worker_);
}

TEST_F(FindingH5, AHundredThousandWaitersCostAWakeOneProbe) {
  expect_by_index("select rolecall.wake_v2(100, '')", 100);
}

TEST_F(FindingH5, AnIdleWorkersQuestionIsAFewProbes) {
  expect_by_index("select rolecall.next_due_v1(0)", 300);
}

TEST_F(FindingH5, TheReducerAndReadsTakeWhatIsDue) {
  expect_by_index(fmt::format("select rolecall.take_verifications_v1({}, 10)", worker_), 300);
  witness_->run(
      "update rolecall.observed set reduce_due_at = now() where subject in ('s100001', 's100002', "
      "'s100003')");
  expect_by_index("select rolecall.reduce_take_v1(10)", 300);
}

TEST_F(FindingH5, WithoutTheFunctionsSettingsAPlanReadsWholeTables) {
  witness_->run(leasing(100));
  witness_->run("commit");
  const std::string plans = plans_without_settings("^(settle|first_unmet|owed)", settling(100));
  EXPECT_GT(sequential_reads(plans), 0) << plans;
  EXPECT_GT(most_rows(plans), 100'000) << plans;
}

TEST_F(FindingH5, AVolatileClockReadsEveryFutureRow) {
  Witness naive(world_->database().url());
  world_->rewrite("lease_lanes_v1",
                  "l.next_attempt_at <= (select now from t) and l.kind = any (kinds)\n       order",
                  "l.next_attempt_at <= clock_timestamp() and l.kind = any (kinds)\n       order",
                  "naive");
  const std::string plans =
      naive.plans_of(fmt::format("begin; update rolecall.lanes set next_attempt_at = now() + "
                                 "interval '1 hour' where state = 'due' and "
                                 "waits_on is null; select naive.lease_lanes_v1({}, 1::smallint, "
                                 "20, 30000, rolecall.known_kinds(), ''); rollback",
                                 worker_));
  EXPECT_GT(most_rows(plans.substr(plans.find("with recursive"))), 50'000);
}

}  // namespace
}  // namespace rolecall::testing
