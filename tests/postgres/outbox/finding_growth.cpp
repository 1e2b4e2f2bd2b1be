// N8: a send costs its lane three updates that no index can be spared, so the table must be
// vacuumed as it is used.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/postgres/outbox/lane_world.hpp"

namespace rolecall::testing {
namespace {

class FindingN8 : public ::testing::Test {
 protected:
  FindingN8() {
    w.sql("alter table rolecall.lanes set (autovacuum_enabled = off)");  // the test says when
    w.sql(
        "insert into rolecall.subjects (subject, organization_id, object_key, version, kind, "
        "desired) "
        "select 's' || n, 'o1', 's' || n, 1, 'member.push', '{\"roles\":[]}' from "
        "generate_series(1, 1000) n");
  }
  // Every subject changes, is taken in, leased and delivered. Answers the table's size in pages.
  std::int64_t drain(bool vacuum) {
    w.sql(
        "insert into rolecall.outbox (organization_id, subject, version, kind, desired, "
        "enqueued_by) "
        "select organization_id, subject, version, kind, desired, 'a test' from rolecall.subjects");
    w.take_in(1000);
    const auto rows =
        w.sql(fmt::format("select count(*) as settled from rolecall.settle_v1({0}, (select "
                          "jsonb_agg(jsonb_build_object('subject', l -> 'subject', "
                          "'token', l -> 'token', 'send', l -> 'send', 'outcome', 'delivered', "
                          "'fate', 'unsent')) from "
                          "jsonb_array_elements(rolecall.lease_due_v1({0}, 1000, 30000, "
                          "rolecall.known_kinds()) -> 'leases') l)) "
                          "where result = 'ok'",
                          worker));
    EXPECT_EQ(rows.number(0, "settled"), 1000);
    w.sql("update rolecall.subjects set version = version + 1");
    if (vacuum) w.sql("vacuum rolecall.lanes");
    return w.number("select pg_relation_size('rolecall.lanes') / 8192");
  }

  LaneWorld w;
  std::int64_t worker = w.open_session();
};

TEST_F(FindingN8, VacuumedAsItsSettingsAskTheTableKeepsItsSize) {
  const auto first = drain(true);
  std::int64_t last = 0;
  for (int i = 0; i < 5; ++i) last = drain(true);
  EXPECT_LE(last, first * 3 / 2);
}

TEST_F(FindingN8, WithoutItEveryDrainAddsToIt) {
  const auto first = drain(false);
  std::int64_t last = 0;
  for (int i = 0; i < 5; ++i) last = drain(false);
  EXPECT_GE(last, first * 2);
}

TEST_F(FindingN8, TablesThatWorkersRewriteAskForVacuumAtTwoPercent) {
  for (const auto* table : {"lanes", "observed"})
    EXPECT_EQ(
        w.value("select string_agg(o, ' ' order by o) from pg_class c, unnest(c.reloptions) o "
                "where c.oid = "
                "('rolecall.' || $1)::regclass and o ~ 'autovacuum_vacuum|fillfactor'",
                {table}),
        fmt::format(
            "autovacuum_vacuum_cost_delay=0 autovacuum_vacuum_scale_factor=0.02 fillfactor={}",
            std::string(table) == "lanes" ? 50 : 60));
}

}  // namespace
}  // namespace rolecall::testing
