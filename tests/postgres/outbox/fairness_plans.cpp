// A fair intake and a fair lease read what they need and no more: beside one organization of
// 300,000 rows, with statistics that were taken when the tables were empty, and with true ones.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/postgres/outbox/lane_world.hpp"
#include "tests/postgres/outbox/plan_reading.hpp"
#include "tests/postgres/outbox/witness.hpp"

namespace rolecall::testing {
namespace {

// In outbox and in lanes: `mid` with 300,000 rows, then 1,000 organizations with one each; and
// 2,000 organizations of one lane that is due in an hour. All of priority 1.
class FairnessPlans : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    world_ = std::make_unique<LaneWorld>();
    auto& w = *world_;
    for (const auto* table : {"lanes", "outbox", "subjects", "sends"})
      w.sql(fmt::format("alter table rolecall.{} set (autovacuum_enabled = off)", table));
    w.sql("analyze");
    w.sql(
        "insert into rolecall.subjects (subject, organization_id, object_key, version, kind, "
        "desired) select x.s, x.o, x.s, 2, 'member.push', '{\"roles\":[\"a\"]}' from ("
        "select 'big:' || n as s, 'mid' as o from generate_series(1, 300000) n union all "
        "select 'small:' || n, (array['a', 'z'])[n % 2 + 1] || n from generate_series(1, 1000) n "
        "union all select 'later:' || n, 'later' || n from generate_series(1, 2000) n) x");
    w.sql(
        "insert into rolecall.lanes (subject, organization_id, kind, priority, state, "
        "wanted_version, wanted_id, owed_since_id, enqueued_at, desired, next_attempt_at) "
        "select subject, organization_id, kind, 1, 'due', 1, 1, 1, now(), desired, now() + case "
        "when organization_id ~ '^later' then interval '1 hour' when organization_id = 'mid' then "
        "interval '-1 hour' else interval '-1 s' end from rolecall.subjects");
    w.sql(
        "insert into rolecall.outbox (organization_id, subject, version, kind, desired, "
        "enqueued_by) select organization_id, subject, 2, kind, desired, 'a test' "
        "from rolecall.subjects where organization_id !~ '^later'");
    worker_ = w.open_session();
  }
  static void TearDownTestSuite() { world_.reset(); }

  // The plans of a call that is undone again.
  static std::string plans_of(const std::string& call) {
    Witness witness(world_->database().url());
    witness.run("begin");
    return witness.plans_of(call);
  }
  static std::string leasing(int rows, const std::string& place) {
    return fmt::format(
        "select cardinality(x.leased) from rolecall.lease_lanes_v1({}, 1::smallint, {}, 30000, "
        "rolecall.known_kinds(), '{}') x",
        worker_, rows, place);
  }
  static std::string intake(int rows, const std::string& place) {
    return fmt::format("select rolecall.take_in_v1({}, array['', '{}', ''])", rows, place);
  }
  static void expect_few_rows(const std::string& call, long rows) {
    const std::string plans = plans_of(call);
    EXPECT_EQ(sequential_reads(plans), 0) << call << "\n" << plans;
    EXPECT_LE(most_rows(plans), rows) << call << "\n" << plans;
  }
  static void expect_all_fair_calls_read_few_rows() {
    for (const auto* place : {"", "l", "m", "mid", "z", "zzz"}) {
      expect_few_rows(leasing(64, place), 64 + 1000 + 1);
      expect_few_rows(leasing(500, place), 500 + 1000 + 1);
      expect_few_rows(intake(1000, place), 2 * 1000 + 1);
    }
  }

  static inline std::unique_ptr<LaneWorld> world_;
  static inline std::int64_t worker_ = 0;
};

TEST_F(FairnessPlans, FewRowsAreReadWithStatisticsOfEmptyTables) {
  expect_all_fair_calls_read_few_rows();
}

TEST_F(FairnessPlans, AnOrganizationIsFoundByItsNameAndItsRowsInTheirOrder) {
  const std::string intaking = plans_of(intake(1000, ""));
  EXPECT_TRUE(std::regex_search(
      intaking, std::regex(R"(outbox_by_organization on outbox[^\n]*\n\s*Index Cond: \(\(priority )"
                           R"(= [^\n]*organization_id > )")))
      << intaking;
  EXPECT_TRUE(std::regex_search(
      intaking, std::regex(R"(outbox_by_organization on outbox[^\n]*\n\s*Index Cond: \(\(priority )"
                           R"(= [^\n]*organization_id >= [^\n]*organization_id <= )")))
      << intaking;
  const std::string leases = plans_of(leasing(64, ""));
  EXPECT_TRUE(std::regex_search(
      leases, std::regex(R"(lanes_due_by_organization on lanes[^\n]*\n\s*Index Cond: \(\(priority )"
                         R"(= [^\n]*ROW\(organization_id, next_attempt_at\) <= )")))
      << leases;
}

TEST_F(FairnessPlans, TrueStatisticsOfACrookedTableChangeNothing) {
  world_->sql("analyze rolecall.lanes");
  world_->sql("analyze rolecall.outbox");
  expect_all_fair_calls_read_few_rows();
}

}  // namespace
}  // namespace rolecall::testing
