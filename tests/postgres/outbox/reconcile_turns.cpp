// Whose turn it is to be reconciled in the background, and which worker's.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/postgres.hpp"

namespace rolecall::testing {
namespace {

class ReconcileTurns : public ::testing::Test {
 protected:
  ReconcileTurns() {
    for (const auto* name : {"a", "b", "c"})
      db.sql("select rolecall.upsert_organization($1, $1, 'org_' || $1)", {name});
    for (const auto* name : {"ann", "ben"})
      db.sql(
          "insert into rolecall.worker_sessions (locks, program_version, host, process_id) values "
          "(false, '0.1.0', $1, 1)",
          {name});
    db.sql("select rolecall.enable_schedule('reconcile')");
  }
  std::string value(const std::string& sql, const Params& params = {}) {
    return db.value(sql, params);
  }
  std::string take(const std::string& worker = "1") {
    return value(
        "select coalesce(g ->> 'organization', 'again in ' || (g ->> 'again_in_ms'), 'never') from "
        "rolecall.take_reconcile_v1($1::bigint) g",
        {worker});
  }
  void due() { db.sql("update rolecall.schedules set due_at = now() where name = 'reconcile'"); }
  // A whole turn: taken, compared to this end, given back.
  std::string turn(const std::string& failure = "") {
    due();
    const auto organization = take();
    const auto pass =
        value("select rolecall.begin_reconcile_v1($1, 'a test') ->> 'pass'", {organization});
    value(
        "select rolecall.end_reconcile_v1($1, $2::bigint, jsonb_build_object('calls', 1, "
        "'compared', 0, 'failure', $3::text, 'unjudged', '[]'::jsonb))",
        {organization, pass, failure});
    value("select rolecall.end_reconcile_turn_v1(1, 'done')");
    return organization;
  }

  TestDatabase db{};
};

TEST_F(ReconcileTurns, EachOrganizationHasOneAndThenTheOneThatWasFirst) {
  std::string turns;
  for (int i = 0; i < 7; ++i) turns += turn();
  EXPECT_EQ(turns, "abcabca");
}

TEST_F(ReconcileTurns, AreSpreadEvenlyOverThePeriod) {
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(value("select due_at between now() + interval '8 hours' - interval '1 min' and now() + "
                  "interval '8 hours' from rolecall.schedules where name = 'reconcile'"),
            "t")
      << "three in a day";
  value("select rolecall.end_reconcile_turn_v1(1, 'done')");
  EXPECT_TRUE(take().starts_with("again in 287")) << "milliseconds until the next";
}

TEST_F(ReconcileTurns, OneThatFailsStarvesNobody) {
  std::string turns;
  for (int i = 0; i < 6; ++i) turns += turn(i % 3 == 0 ? "in_doubt: no answer" : "");
  EXPECT_EQ(turns, "abcabc");
}

TEST_F(ReconcileTurns, OneThatWasInterruptedComesAgainAtHalfTime) {
  due();
  EXPECT_EQ(take(), "a");
  value("select rolecall.begin_reconcile_v1('a', 'a test')");
  value("select rolecall.end_reconcile_turn_v1(1, 'interrupted')");
  EXPECT_EQ(turn(), "b");
  db.sql("update rolecall.reconciliations set begun_at = now() - interval '13 hours'");
  EXPECT_EQ(turn(), "a");
  EXPECT_EQ(turn(), "c") << "who comes next is as it was";
}

TEST_F(ReconcileTurns, OneThatCannotWaitTakesNobodysTurnFromThem) {
  db.sql("update rolecall.provider_control set unconfirmed_bound_ms = 1000");
  // Its proof can never be read.
  db.sql(
      "insert into rolecall.observed (subject, organization_id, object_key, verify_at) values "
      "('s', 'c', 's', now() - interval '16 min')");
  const std::string due_at = "select due_at from rolecall.schedules where name = 'reconcile'";
  due();
  const auto before = value(due_at);
  EXPECT_EQ(take(), "c");
  EXPECT_EQ(value(due_at), before) << "the next has its turn at once";
  value("select rolecall.end_reconcile_turn_v1(1, 'done')");
  db.sql(
      "update rolecall.schedules set due_at = now() - interval '8 hours' - interval '1 s' where "
      "name = 'reconcile'");
  EXPECT_EQ(take(), "a") << "it has waited as long as one of three waits in a day";
  EXPECT_EQ(value("select due_at between now() - interval '1 min' and now() from "
                  "rolecall.schedules where name = 'reconcile'"),
            "t")
      << "and those after it are not late for that";
}

TEST_F(ReconcileTurns, ALongOneIsOneWorkersForAsLongAsThatLives) {
  EXPECT_EQ(take("1"), "a");
  due();
  db.sql(
      "update rolecall.schedules set lease_expires_at = now() - interval '1 hour' where name = "
      "'reconcile'");
  EXPECT_EQ(take("2"), "again in 1000");
}

TEST_F(ReconcileTurns, GoOnWhereTheyWereAndLeaveOutWhoIsNotLinkedAnyMore) {
  EXPECT_EQ(turn(), "a");
  db.sql("update rolecall.organizations set disabled_at = now() where id = 'b'");
  db.sql("select rolecall.upsert_organization('bb', 'New', 'org_bb')");
  EXPECT_EQ(turn(), "bb");
  EXPECT_EQ(turn(), "c");
  EXPECT_EQ(turn(), "a");
  db.sql("update rolecall.organizations set disabled_at = now()");
  due();
  EXPECT_EQ(take(), "again in 86400000");
}

TEST_F(ReconcileTurns, AreOneWorkersUntilItEndsOrDies) {
  EXPECT_EQ(take("1"), "a");
  due();
  EXPECT_EQ(take("2"), "again in 1000");
  EXPECT_EQ(value("select rolecall.end_reconcile_turn_v1(2, 'not mine')"), "f");
  db.sql(
      "update rolecall.worker_sessions set retired_at = now(), retired_because = 'lost' where "
      "id = 1");
  EXPECT_EQ(take("2"), "a") << "it had not begun";
  value("select rolecall.begin_reconcile_v1('a', 'a test')");
  value(
      "insert into rolecall.worker_sessions (locks, program_version, host, process_id) values "
      "(false, '0.1.0', 'eve', 1)");
  db.sql(
      "update rolecall.worker_sessions set retired_at = now(), retired_because = 'lost' where "
      "id = 2");
  due();
  EXPECT_EQ(take("3"), "b") << "what a worker dies of has no turn before the others";
  due();
  EXPECT_EQ(take("1"), "never") << "a session that is over has no turn";
}

TEST_F(ReconcileTurns, ThereAreNoneWhileItIsOffOrWorkosIsDown) {
  db.sql("select rolecall.pause_provider('a test')");
  EXPECT_EQ(take(), "again in 1000");
  db.sql("select rolecall.resume_provider()");
  db.sql("select rolecall.disable_schedule('reconcile')");
  EXPECT_EQ(take(), "never");
  EXPECT_EQ(value("select rolecall.next_due_v1(1) ->> 'reconcile_in_ms'"), "");
  db.sql("select rolecall.enable_schedule('reconcile')");
  EXPECT_EQ(value("select rolecall.next_due_v1(1) ->> 'reconcile_in_ms'"), "0");
  EXPECT_EQ(take(), "a");
}

TEST_F(ReconcileTurns, SayWhichClassesAreRepaired) {
  const std::string repairs =
      "select string_agg(x, ' ' order by x) from jsonb_array_elements_text("
      "rolecall.take_reconcile_v1(1) -> 'repairs') x";
  EXPECT_EQ(value(repairs), "late_write lost_write");
  db.sql("update rolecall.reconcile_policies set repair = class = 'missing_here'");
  due();
  EXPECT_EQ(value(repairs), "missing_here");
}

TEST_F(ReconcileTurns, WhatIsDeliveredAndUnconfirmedForTooLongComesFirst) {
  db.sql(
      "insert into rolecall.observed (subject, organization_id, object_key, verify_at) values "
      "('s', 'c', 's', now() - interval '16 min')");
  EXPECT_EQ(turn(), "c");
  EXPECT_EQ(turn(), "a") << "it was looked at, and has its turn like the others";
  db.sql(
      "insert into rolecall.subjects (subject, organization_id, object_key, version, kind, "
      "desired) "
      "values ('t', 'c', 't', 1, 'member.push', '{}')");
  db.sql(
      "insert into rolecall.sends (subject, object_key, version, lease_token, operation, value, "
      "state, answer, leased_at) values ('t', 't', 1, 1, 'put', '{}', 'answered', '{}', now() - "
      "interval '16 min')");
  db.sql("update rolecall.reconciliations set begun_at = begun_at - interval '1 hour'");
  EXPECT_EQ(turn(), "c") << "its echo did not come";
}

}  // namespace
}  // namespace rolecall::testing
