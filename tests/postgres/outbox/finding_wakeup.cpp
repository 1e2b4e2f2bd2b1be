// H8, lost wake-ups: an application that decided not to notify, and a worker that decided to sleep.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/lane_world.hpp"
#include "tests/postgres/outbox/witness.hpp"

namespace rolecall::testing {
namespace {

constexpr auto kTrySleepLock = "select pg_try_advisory_lock(7072, 0) as locked";
constexpr auto kOneRow =
    "select rolecall.bump('s', 'o1', 'member.push', '{}'); "
    "select rolecall.publish('s', 'o1', 'member.push', '{}', '{}', 1, 'a test', null, true)";

class FindingH8 : public ::testing::Test {
 protected:
  FindingH8() : sleeper(w.database().url()), application(w.database().connect()) {
    sleeper.run("listen rolecall_wake");
  }
  bool try_to_sleep() { return worker.run(kTrySleepLock).value().flag(0, "locked"); }
  bool sees_work() { return w.value("select rolecall.next_due_v1(0) ->> 'work_now'") == "true"; }

  LaneWorld w;
  Witness sleeper;
  Database application;
  Database worker = w.database().connect_directly();  // it has session locks
};

TEST_F(FindingH8, ASleepingWorkerIsNotified) {
  ASSERT_TRUE(try_to_sleep());
  application.script(kOneRow).value();
  EXPECT_TRUE(sleeper.was_notified());
}

TEST_F(FindingH8, AnAwakeWorkerCostsNoNotification) {
  application.script(kOneRow).value();
  EXPECT_FALSE(sleeper.was_notified());
}

TEST_F(FindingH8, NobodyFallsAsleepWhileAnEnqueueThatDoesNotNotifyIsOpen) {
  for (const auto* isolation : {"read committed", "repeatable read", "serializable"}) {
    application.script(std::string("begin isolation level ") + isolation).value();
    application.script(kOneRow).value();
    EXPECT_FALSE(sees_work());
    EXPECT_FALSE(try_to_sleep()) << isolation;  // so it looks again, until the row is there
    application.script("commit").value();
    EXPECT_TRUE(try_to_sleep());
    EXPECT_TRUE(sees_work());
    worker.run("select pg_advisory_unlock(7072, 0)").value();
    w.take_in();
    w.sql("update rolecall.lanes set state = 'idle', ended = 'cancelled'");
  }
}

TEST_F(FindingH8, AFlagThatSaysIdleLosesTheWakeUp) {
  w.sql("create table idle (yes boolean)");
  w.sql("insert into idle values (false)");
  w.sql(
      "create or replace function rolecall.wake_workers() returns void language plpgsql as $$ "
      "begin "
      "if (select yes from public.idle) then perform pg_notify('rolecall_wake', ''); end if; end "
      "$$");
  application.script("begin").value();
  application.script(kOneRow).value();  // reads: nobody is idle
  w.sql("update idle set yes = true");
  EXPECT_FALSE(sees_work());  // the worker looks once more and sleeps
  application.script("commit").value();
  EXPECT_TRUE(sees_work());
  EXPECT_FALSE(sleeper.was_notified());
}

TEST_F(FindingH8, ARetryWakesASleepingWorker) {
  const auto id = w.say({.subject = "s"});
  w.take_in();
  const auto session = w.open_session();
  w.settle(session, w.lease_one(session), ends("dead"));
  ASSERT_TRUE(try_to_sleep());
  EXPECT_EQ(w.value("select rolecall.retry($1::bigint)", {std::to_string(id)}), "requeued");
  EXPECT_TRUE(sleeper.was_notified());
  EXPECT_TRUE(sees_work());
}

TEST_F(FindingH8, APreparedTransactionEnqueuesWithoutNotifying) {
  ASSERT_TRUE(try_to_sleep());
  application.script("begin").value();
  application.script(kOneRow).value();
  EXPECT_EQ(sqlstate(application.run("prepare transaction 'one'")), "0A000");
  application.script("begin; set local rolecall.notify = 'off'").value();
  application.script(kOneRow).value();
  application.script("prepare transaction 'two'").value();
  application.script("commit prepared 'two'").value();
  EXPECT_TRUE(sees_work());
}

}  // namespace
}  // namespace rolecall::testing
