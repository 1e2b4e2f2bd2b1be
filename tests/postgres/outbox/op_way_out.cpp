// What operators do and then have to find again: waits after a retry, reasons of holds, reducers
// that failed, and what attention tells of all this.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/lane_world.hpp"

namespace rolecall::testing {
namespace {

class WayOut : public ::testing::Test {
 protected:
  std::string retry_id(std::int64_t id) {
    return w.value("select rolecall.retry($1::bigint)", {std::to_string(id)});
  }
  // reason: command of what stands in attention.
  std::string attention(const std::string& column) {
    return w.value("select string_agg(" + column +
                   ", ' ' order by reason) from rolecall.attention");
  }
  std::string next(const std::string& key) {
    return w.value("select rolecall.next_due_v1($1::bigint) ->> $2", {std::to_string(worker), key});
  }
  void delivered_once(const std::string& subject) {
    w.say({.subject = subject});
    w.take_in();
    w.settle(worker, w.lease_one(worker), delivered());
    w.sql("update rolecall.observed set reduce_due_at = null");
  }

  LaneWorld w;
  std::int64_t worker = w.open_session();
};
using NextDue = WayOut;

TEST_F(NextDue, OutlivesWhatAnOperatorWritesForNeverAndForAtOnce) {
  w.say({.subject = "s"});
  w.take_in();
  w.sql("update rolecall.lanes set next_attempt_at = 'infinity'");
  EXPECT_EQ(next("work_now") + next("next_due_ms"), "false");
  EXPECT_TRUE(w.lease(worker).empty());
  w.sql("update rolecall.lanes set next_attempt_at = '-infinity'");
  EXPECT_EQ(next("work_now") + next("next_due_ms"), "true0");
  EXPECT_EQ(w.lease_one(worker).subject, "s");
}

TEST_F(NextDue, AReadThatIsUnderWayHidesNoOther) {
  delivered_once("a");
  delivered_once("b");
  w.sql(
      "update rolecall.observed set verify_at = clock_timestamp() - case subject when 'a' then "
      "interval '2 s' else interval '1 s' end, reading_until = case subject when 'a' then "
      "clock_timestamp() + interval '30 s' end");
  EXPECT_EQ(next("work_now"), "true");
  w.sql(
      "update rolecall.observed set verify_at = clock_timestamp() + interval '1 h' where subject = "
      "'b'");
  EXPECT_EQ(next("work_now"), "false");
  EXPECT_LE(std::stoi(next("next_due_ms")), 30'000) << "the reader may be late";
}

TEST_F(WayOut, I13WhatIsRetriedWaitsAgain) {
  const auto member = w.say({.subject = "member"});
  const auto role = w.say({.subject = "role",
                           .kind = "role.remove",
                           .desired = R"({"organization":"org_o1","slug":"org-role"})",
                           .waits = "row('member', 1)::rolecall.wait"});
  w.take_in();
  for (const std::string stop : {"cancel", "hold"}) {
    w.sql("select rolecall." + stop + "($1::bigint, 'a test')", {std::to_string(role)});
    w.sql("update rolecall.lanes set waits_on = null, waits_version = null where subject = 'role'");
    if (stop == "cancel") {
      EXPECT_EQ(retry_id(role), "requeued");
    } else {
      w.sql("select rolecall.release($1::bigint)", {std::to_string(role)});
    }
    EXPECT_EQ(w.lane("role", "state || waits_on || (wait_until > clock_timestamp())"),
              "duemembertrue")
        << stop;
  }
  const auto first = w.lease_one(worker);
  EXPECT_EQ(first.outbox_id, member);
  w.settle(worker, first, delivered());
  w.wake();
  EXPECT_EQ(w.lease_one(worker).outbox_id, role);
}

TEST_F(WayOut, AHoldOrCancelThatWasAskedForKeepsItsReason) {
  const auto id = w.say({.subject = "s"});
  w.take_in();
  const std::string key = std::to_string(id);
  const auto asked = [&](const std::string& wish) {
    const auto lease = w.lease_one(worker);
    EXPECT_EQ(w.value("select rolecall." + wish + "($1::bigint, 'let us see')", {key}),
              "requested");
    return lease;
  };
  const auto again = [&] {
    EXPECT_EQ(retry_id(id), "requeued");
    w.sql("update rolecall.lanes set look_after = null");  // a lost create is looked for first
  };
  const std::string held = "held held_by_operator: let us see";
  const std::string cancelled = "cancelled cancelled_by_operator: let us see";
  w.settle(worker, asked("hold"), retry("throttled"));
  EXPECT_EQ(attention("reason || ' ' || detail"), held);
  EXPECT_NE(w.value("select string_agg(l, ' ') from rolecall.explain($1::bigint) l", {key})
                .find("It waits for a person: let us see"),
            std::string::npos);
  again();
  w.settle(worker, asked("cancel"), retry("throttled"));
  EXPECT_EQ(attention("reason || ' ' || detail"), cancelled);
  for (const std::string wish : {"hold", "cancel"}) {  // and when the worker is gone
    again();
    asked(wish);
    w.sql("select rolecall.free_lanes_v1(array['s'], 'lease_time')");
    EXPECT_EQ(attention("reason || ' ' || detail"), wish == "hold" ? held : cancelled);
  }
}

TEST_F(WayOut, RetryOfTheNewestWhileAnOlderOneIsSaidChangesNothing) {
  w.say({.subject = "s"});
  w.take_in();
  w.lease_one(worker);
  const auto newest = w.say({.subject = "s"});
  w.take_in();
  EXPECT_EQ(retry_id(newest), "already due");
  EXPECT_EQ(w.number("select count(*) from rolecall.audit_log where action = 'retry'"), 0);
}

TEST_F(WayOut, RetryLetsAFailedReducerTryAgain) {
  delivered_once("s");
  w.sql("select rolecall.reduce_apply_v2('[{\"subject\":\"s\",\"failed\":\"bug\"}]')");
  EXPECT_NE(attention("command").find("select rolecall.retry('s');"), std::string::npos);
  EXPECT_EQ(w.value("select rolecall.retry('s')"), "requeued");
  EXPECT_EQ(w.value("select reduce_due_at <= clock_timestamp() and verify_at <= clock_timestamp() "
                    "from rolecall.observed"),
            "t");
  EXPECT_EQ(w.value("select rolecall.retry('s')"), "settled") << "idempotent";
  EXPECT_EQ(w.value("select detail ->> 'was' from rolecall.audit_log where action = 'retry'"),
            "reduce_failed");
  w.sql("select rolecall.reduce_apply_v2('[{\"subject\":\"s\",\"failed\":\"bug\"}]')");
  w.say({.subject = "s"});
  EXPECT_EQ(w.value("select rolecall.retry('s')"), "requeued") << "nobody has taken it in";
}

TEST_F(WayOut, AttentionTellsAPauseAndMaintenanceThatIsOff) {
  w.sql("select rolecall.pause_provider('moving house')");
  w.sql("select rolecall.disable_schedule('maintain')");
  w.sql("select rolecall.disable_schedule('partitions')");
  EXPECT_EQ(attention("reason || ': ' || command"),
            "paused: select rolecall.resume_provider(); "
            "unmaintained: select rolecall.enable_schedule('maintain'); "
            "unmaintained: select rolecall.enable_schedule('partitions');");
  EXPECT_NE(attention("detail").find("moving house"), std::string::npos);
  w.sql("select rolecall.resume_provider()");
  w.sql("select rolecall.enable_schedule('maintain')");
  w.sql("select rolecall.enable_schedule('partitions')");
  EXPECT_EQ(w.number("select count(*) from rolecall.attention"), 0);
}

TEST_F(WayOut, AttentionTellsALookThatDoesNotEnd) {
  const auto id = w.say({.subject = "s"});
  w.take_in();
  w.settle(worker, w.lease_one(worker),
           {.outcome = "look", .fate = "open", .failure = "look_first", .code = "not_there"});
  EXPECT_EQ(w.lane("s", "state || (look_after is not null)"), "duetrue");
  EXPECT_EQ(attention("reason"), "");
  w.pass(11 * 60'000);
  EXPECT_EQ(attention("reason || ' ' || detail || ' ' || command"),
            "looking look_first: not_there: as the test says select * from rolecall.explain(" +
                std::to_string(id) + ");");
}

}  // namespace
}  // namespace rolecall::testing
