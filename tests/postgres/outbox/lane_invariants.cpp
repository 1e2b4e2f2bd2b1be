// The invariants that the outbox's own functions hold; one test suite per number.
#include <gtest/gtest.h>

#include <set>

#include "tests/postgres/outbox/lane_world.hpp"

namespace rolecall::testing {
namespace {

class Lanes : public ::testing::Test {
 protected:
  LaneWorld w;
};
class I2_OneLease : public Lanes {};
class I3_NothingOlder : public Lanes {};
class I4_Fence : public Lanes {};
class I5_NothingIsLost : public Lanes {
 protected:
  // Today's partition becomes one of long ago; `at`: the column by which the table is divided.
  void todays_becomes_old(const std::string& table, const std::string& at) {
    const std::string parent = "rolecall." + table;
    const std::string old = parent + "_20200101";
    const std::string today =
        parent + "_" + w.value("select to_char(now() at time zone 'UTC', 'YYYYMMDD')");
    w.sql("alter table " + parent + " detach partition " + today);
    w.sql("alter table " + today + " rename to " + table + "_20200101");
    w.sql("update " + old + " set " + at + " = '2020-01-01 12:00+00'");
    w.sql("alter table " + parent + " attach partition " + old +
          " for values from ('2020-01-01 00:00+00') to ('2020-01-02 00:00+00')");
  }
};
class I6_Liveness : public Lanes {};
class I7_ProvidersFaults : public Lanes {};
class I9_NobodyWaits : public Lanes {};

// Everything that a result could change, as one text.
std::string everything(LaneWorld& w) {
  return w.value(
      "select coalesce(string_agg(t::text, '|' order by t::text), '') from ("
      "select l::text as t from rolecall.lanes l union all "
      "select a::text from rolecall.outbox_attempts a union all "
      "select h::text from rolecall.outbox_history h) x");
}

TEST_F(I2_OneLease, TwoWorkersNeverHoldOneLane) {
  for (int i = 0; i < 20; ++i) w.say({.subject = "s" + std::to_string(i)});
  w.take_in();
  const auto first = w.open_session();
  const auto second = w.open_session();
  auto other = w.database().connect();
  other.script("begin").value();
  const auto theirs =
      other.run("select jsonb_array_length(rolecall.lease_due_v1(" + std::to_string(second) +
                ", 12, 30000, rolecall.known_kinds()) -> 'leases')");
  EXPECT_EQ(theirs.value().rows[0][0], "12");
  const auto ours = w.lease(first, 20);
  other.script("commit").value();
  EXPECT_LE(ours.size(), 8U);  // what the open transaction nominated is passed by, not waited for
  EXPECT_EQ(w.number("select count(*) - count(distinct lease_token) from rolecall.lanes "
                     "where state = 'leased'"),
            0);
  EXPECT_EQ(w.lease(first, 20).size() + ours.size(), 8U);
}

TEST_F(I2_OneLease, ASubjectAndItsVersionHaveOneOutboxRow) {
  w.say({.subject = "s"});
  const auto again = w.database().connect().run(
      "insert into rolecall.outbox (organization_id, subject, version, kind, desired, enqueued_by) "
      "values ('o1', 's', 1, 'member.push', '{}', 'me')");
  EXPECT_EQ(sqlstate(again), "23505");
}

TEST_F(I2_OneLease, ARetiredWorkerGetsNothing) {
  w.say({.subject = "s"});
  w.take_in();
  const auto worker = w.open_session();
  w.sql("update rolecall.worker_sessions set retired_at = now(), retired_because = 'lost'");
  EXPECT_TRUE(w.lease(worker).empty());
  EXPECT_TRUE(w.lease(4711).empty());
}

TEST_F(I3_NothingOlder, OneThousandEditsAreSaidOnceWithTheNewestContent) {
  for (int i = 0; i < 50; ++i) w.say({.subject = "s"});
  w.say({.subject = "s", .desired = R"({"organization":"org_1","user":"u","roles":["newest"]})"});
  w.take_in();
  const auto worker = w.open_session();
  const auto lease = w.lease_one(worker);
  EXPECT_EQ(lease.version, 51);
  EXPECT_NE(lease.desired.find("newest"), std::string::npos);
  EXPECT_EQ(w.settle(worker, lease, delivered()), "ok");
  EXPECT_EQ(
      w.value(
          "select string_agg(state || ':' || n, ' ' order by state) from (select state, count(*) n "
          "from rolecall.outbox_all group by 1) x"),
      "delivered:1 superseded:50");
}

TEST_F(I3_NothingOlder, AVersionThatComesDuringALeaseIsSaidAfterIt) {
  const auto worker = w.open_session();
  w.say({.subject = "s"});
  w.take_in();
  const auto lease = w.lease_one(worker);
  w.say({.subject = "s"});
  w.take_in();
  EXPECT_TRUE(w.lease(worker).empty());
  EXPECT_EQ(w.settle(worker, lease, ends("dead")),
            "ok");  // the older one's death is not the newer one's
  EXPECT_EQ(w.lane("s", "state || attempts"), "due0");
  EXPECT_EQ(w.lease_one(worker).version, 2);
}

TEST_F(I3_NothingOlder, ALaneLeasesOnlyWhatIsNewerThanDelivered) {
  const auto worker = w.open_session();
  w.say({.subject = "s"});
  w.take_in();
  w.settle(worker, w.lease_one(worker), delivered());
  const auto again = w.database().connect().run(
      "update rolecall.lanes set state = 'due', ended = null where subject = 's'");
  EXPECT_EQ(sqlstate(again), "23514");
}

TEST_F(I4_Fence, StaleResultChangesNoRow) {
  const auto worker = w.open_session();
  w.say({.subject = "s"});
  w.take_in();
  const auto lost = w.lease_one(worker);
  w.sql("select rolecall.close_session_v1(" + std::to_string(worker) + ")");
  const auto next = w.open_session();
  w.sql("update rolecall.lanes set look_after = null");
  const auto held = w.lease_one(next);
  const std::string before = everything(w);
  for (const auto* outcome : {"delivered", "partial", "retry", "look", "held", "dead"})
    EXPECT_EQ(w.settle(worker, lost, {.outcome = outcome, .fate = "unsent", .failure = "bug"}),
              "stale");
  EXPECT_EQ(everything(w), before);
  EXPECT_EQ(w.settle(next, held, delivered()), "ok");
}

TEST_F(I4_Fence, StaleSuccessIsStillEvidence) {
  const auto worker = w.open_session();
  w.say({.subject = "s"});
  w.take_in();
  const auto lost = w.lease_one(worker);
  w.sql("select rolecall.close_session_v1(" + std::to_string(worker) + ")");
  w.sql("update rolecall.observed set reduce_due_at = null");
  EXPECT_EQ(w.settle(worker, lost, delivered()), "stale");
  EXPECT_EQ(w.value("select state from rolecall.sends"), "answered");
  EXPECT_EQ(w.number("select count(*) from rolecall.observed where reduce_due_at is not null"), 1);
}

TEST_F(I4_Fence, OneResultIsTakenOnce) {
  const auto worker = w.open_session();
  w.say({.subject = "s"});
  w.take_in();
  const auto lease = w.lease_one(worker);
  EXPECT_EQ(w.settle(worker, lease, retry("throttled", 1000)), "ok");
  EXPECT_EQ(w.settle(worker, lease, delivered()), "stale");
  EXPECT_EQ(w.lane("s", "state || delivered_version"), "due0");
}

TEST_F(I5_NothingIsLost, EveryVersionEndsAsDeliveredSupersededOrCancelled) {
  const auto worker = w.open_session();
  w.say({.subject = "said"});
  w.take_in();
  w.settle(worker, w.lease_one(worker), delivered());
  w.say({.subject = "said"});
  const auto cancelled = w.say({.subject = "stopped"});
  w.take_in();
  w.sql("select rolecall.cancel(" + std::to_string(cancelled) + ", 'a test')");
  w.settle(worker, w.lease_one(worker), delivered());
  EXPECT_EQ(w.value("select string_agg(subject || version || state, ' ' order by subject, version) "
                    "from rolecall.outbox_all"),
            "said1delivered said2delivered stopped1cancelled");
  EXPECT_EQ(w.number("select count(*) from rolecall.outbox"), 0);
  EXPECT_EQ(w.value("select reason || detail from rolecall.attention"),
            "cancelledcancelled_by_operator: a test");
}

TEST_F(I5_NothingIsLost, RetentionCarriesForwardWhatDidNotConverge) {
  const auto worker = w.open_session();
  const auto dead = w.say({.subject = "dead"});
  w.take_in();
  w.settle(worker, w.lease_one(worker), ends("dead"));
  const auto done = w.say({.subject = "done"});
  w.take_in();
  w.settle(worker, w.lease_one(worker), delivered());
  w.sql("update rolecall.observed set confirmed_version = 1 where subject = 'done'");
  todays_becomes_old("outbox_history", "taken_at");
  EXPECT_EQ(w.number("select rolecall.make_partitions(1)"), 1);
  w.sql("update rolecall.schedules set due_at = now() where name = 'partitions'");
  EXPECT_GE(w.number("select rolecall.keep_partitions_v1()"), 1);
  EXPECT_EQ(w.number("select rolecall.keep_partitions_v1()"), 0);
  EXPECT_EQ(w.value("select to_regclass('rolecall.outbox_history_20200101')"), "");
  EXPECT_EQ(w.number("select id from rolecall.outbox_history"), dead);
  EXPECT_EQ(w.number("select count(*) from rolecall.outbox_history where id = $1",
                     {std::to_string(done)}),
            0);
}

TEST_F(I5_NothingIsLost, AnOldPartitionThatCannotBeDroppedKeepsNoneOfTheDaysToComeFromBeingMade) {
  w.sql("select rolecall.make_partitions(60)");
  const std::string last = w.value(
      "select 'outbox_attempts_' || to_char((now() at time zone 'UTC')::date + 60, 'YYYYMMDD')");
  todays_becomes_old("outbox_attempts", "at");
  w.sql("create view somebodys as select * from rolecall.outbox_attempts_20200101");
  w.sql("drop table rolecall." + last);
  w.sql("update rolecall.schedules set due_at = now() where name = 'partitions'");
  EXPECT_EQ(w.number("select rolecall.keep_partitions_v1()"), 2);
  EXPECT_NE(w.value("select to_regclass('rolecall." + last + "')"), "");
  EXPECT_NE(w.value("select last_result from rolecall.schedules where name = 'partitions'")
                .find("could not be dropped"),
            std::string::npos);
}

TEST_F(I5_NothingIsLost, PartitionsAreMadeAheadEachOnce) {
  w.sql("select rolecall.make_partitions(60)");
  for (const auto* table : {"rolecall.outbox_history", "rolecall.outbox_attempts"})
    EXPECT_EQ(w.number("select count(*) from pg_inherits where inhparent = $1::regclass", {table}),
              62);
  EXPECT_EQ(w.number("select rolecall.make_partitions(60)"), 0);
  EXPECT_EQ(w.number("select rolecall.make_partitions(61)"), 2);
}

TEST_F(I6_Liveness, ASessionThatEndedIsRetiredAtASecondLook750MillisecondsLaterAndItsLanesAreDue) {
  w.say({.subject = "s"});
  w.take_in();
  auto session = std::make_unique<Database>(w.database().connect_directly());
  const auto id =
      std::stoll(session->run("select rolecall.open_session_v1(true, '0.1.0', 'here', 7)")
                     .value()
                     .text(0, "open_session_v1"));
  session->run("select pg_advisory_lock(7071, " + std::to_string(id) + ")").value();
  ASSERT_EQ(w.lease(id).size(), 1U);
  const auto rescuer = w.open_session();
  const std::string rescue =
      "select rolecall.rescue_v1(" + std::to_string(rescuer) + ") ->> 'lanes_freed'";
  EXPECT_EQ(w.value(rescue), "0");
  session.reset();
  const auto ended = w.value("select clock_timestamp()");
  w.until("select (rolecall.rescue_v1(" + std::to_string(rescuer) +
          ") ->> 'lanes_freed')::int = 1");
  EXPECT_EQ(w.value("select clock_timestamp() - '" + ended + "'::timestamptz >= '750 ms'"), "t");
  EXPECT_EQ(w.lane("s", "state || leases"), "due1");
  EXPECT_EQ(w.value("select retired_because from rolecall.worker_sessions where id = " +
                    std::to_string(id)),
            "lost");
}

TEST_F(I6_Liveness, ALiveWorkersLanesAreNeverTaken) {
  w.say({.subject = "s"});
  w.take_in();
  auto session = w.database().connect_directly();
  const auto id =
      std::stoll(session.run("select rolecall.open_session_v1(true, '0.1.0', 'here', 7)")
                     .value()
                     .text(0, "open_session_v1"));
  session.run("select pg_advisory_lock(7071, " + std::to_string(id) + ")").value();
  ASSERT_EQ(w.lease(id).size(), 1U);
  for (int look = 0; look < 3; ++look) {
    EXPECT_EQ(w.value("select rolecall.rescue_v1(null) ->> 'lanes_freed'"), "0");
    w.pass(1000);
  }
  EXPECT_EQ(w.lane("s", "state"), "leased");
  EXPECT_EQ(session.run("select rolecall.verify_session_v1(" + std::to_string(id) + ") as live")
                .value()
                .text(0, "live"),
            "t");
}

TEST_F(I6_Liveness, TheLeaseTimeFreesAlwaysAndASessionWithoutItsLockVerifiesNothing) {
  w.say({.subject = "s"});
  w.take_in();
  const auto worker = w.open_session(true);  // nobody took its lock
  EXPECT_EQ(w.value("select rolecall.verify_session_v1(" + std::to_string(worker) + ")"), "f");
  const auto poll_only = w.open_session(false);
  ASSERT_EQ(w.lease(poll_only).size(), 1U);
  w.pass(29'000);
  EXPECT_EQ(w.value("select rolecall.rescue_v1(null) ->> 'lanes_freed'"), "0");
  w.pass(1'500);
  EXPECT_EQ(w.value("select rolecall.rescue_v1(null) ->> 'lanes_freed'"), "1");
}

TEST_F(I6_Liveness, TwentyLeasesWithoutAResultAreHeldAsPoison) {
  w.say({.subject = "s"});
  w.take_in();
  for (int i = 0; i < 20; ++i) {
    const auto worker = w.open_session();
    ASSERT_EQ(w.lease(worker).size(), 1U) << i;
    w.sql("select rolecall.close_session_v1(" + std::to_string(worker) + ")");
    w.sql("update rolecall.lanes set look_after = null");
  }
  EXPECT_EQ(w.lane("s", "state || ' ' || failure_class || ' ' || failure_code || ' ' || attempts"),
            "held bug poison 0");
}

TEST_F(I7_ProvidersFaults, NeverCountTowardsARowsDeath) {
  w.say({.subject = "s"});
  w.take_in();
  const auto worker = w.open_session();
  for (const auto* fault : {"transient", "throttled", "in_doubt", "unauthorised"})
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(w.settle(worker, w.lease_one(worker), retry(fault)), "ok");
      EXPECT_EQ(w.lane("s", "state || attempts || leases"), "due00");
    }
  EXPECT_EQ(w.settle(worker, w.lease_one(worker), retry("bug", 0, true)), "ok");
  EXPECT_EQ(w.lane("s", "state || attempts"), "due1");
}

TEST_F(I7_ProvidersFaults, ExpiryCountsTheProvidersTimeUpOnly) {
  w.sql("update rolecall.provider_control set up_seconds_allowed = 3600");
  w.say({.subject = "s"});
  w.take_in();
  const auto worker = w.open_session();
  auto lease = w.lease_one(worker);
  const std::string report = "select rolecall.report_provider_v1(" + std::to_string(worker) + ", ";
  EXPECT_EQ(w.value(report + "0, 5, 0, 'refused')"), "open");
  w.pass(8LL * 24 * 3600 * 1000);  // eight days of outage
  EXPECT_EQ(w.value(report + "1, 0, 0, '')"), "up");
  w.sql("select rolecall.pause_provider('a test')");
  w.pass(8LL * 24 * 3600 * 1000);
  w.sql("update rolecall.provider_control set paused_at = paused_at - interval '8 days'");
  w.sql("select rolecall.resume_provider()");
  EXPECT_EQ(w.settle(worker, lease, retry("in_doubt")), "ok");
  EXPECT_EQ(w.lane("s", "state"), "due");
  lease = w.lease_one(worker);
  w.pass(3'700'000);  // up all the time
  EXPECT_EQ(w.settle(worker, lease, retry("in_doubt")), "ok");
  EXPECT_EQ(w.lane("s", "state || ' ' || failure_code"), "held expired");
}

TEST_F(I9_NobodyWaits, WorkersPassByWhatApplicationsAndOperatorsHold) {
  const auto worker = w.open_session();
  for (const auto* subject : {"a", "b", "c", "d"}) w.say({.subject = subject});
  w.take_in();
  const auto leases = w.lease(worker);
  ASSERT_EQ(leases.size(), 4U);
  w.settle(worker, leases[0], delivered());
  w.settle(worker, leases[1], retry("throttled"));

  auto application = w.database().connect();
  application
      .script(
          "begin; select rolecall.bump(s, 'o1', 'member.push', '{}') from "
          "unnest(array['a','b','c','d','e']) s")
      .value();
  auto operators = w.database().connect();
  operators.script("begin; select 1 from rolecall.lanes for update").value();
  w.sql("set lock_timeout = '1ms'");
  const std::string id = std::to_string(worker);
  w.say({.subject = "f"});
  EXPECT_EQ(w.take_in(), 1);  // only what nobody has
  EXPECT_EQ(w.lease(worker).size(), 1U);
  EXPECT_EQ(w.settle(worker, leases[2], delivered()), "busy");
  EXPECT_EQ(w.wake(), 0);
  w.sql("select rolecall.rescue_v1(" + id + ")");
  EXPECT_TRUE(w.sql("select rolecall.reduce_take_v1(10)").empty());
  w.sql("select rolecall.take_verifications_v1(" + id + ", 10)");
  w.sql("select rolecall.next_due_v1(" + id + ")");
  operators.script("rollback").value();
  EXPECT_EQ(w.settle(worker, leases[2], delivered()), "ok");
  application.script("rollback").value();
}

TEST_F(I9_NobodyWaits, AReducerThatStopsInItsTransactionIsCutOff) {
  w.sql("begin");
  w.sql("select rolecall.reduce_take_v1(1)");
  EXPECT_EQ(w.value("show idle_in_transaction_session_timeout"), "1s");
  w.sql("rollback");
}

}  // namespace
}  // namespace rolecall::testing
