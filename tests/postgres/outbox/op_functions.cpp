// The operators' functions: what they answer, what they change, and that they get along with live
// workers.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/lane_world.hpp"

namespace rolecall::testing {
namespace {

class Operators : public ::testing::Test {
 protected:
  std::string retry_id(std::int64_t id) { return call("retry", id); }
  std::string call(const std::string& function, std::int64_t id) {
    return w.value("select rolecall." + function + "($1::bigint)", {std::to_string(id)});
  }
  std::string call(const std::string& function, std::int64_t id, const std::string& reason) {
    return w.value("select rolecall." + function + "($1::bigint, $2)",
                   {std::to_string(id), reason});
  }
  std::string story(std::int64_t id) {
    return w.value("select string_agg(line, E'\\n') from rolecall.explain($1::bigint) line",
                   {std::to_string(id)});
  }
  // A row that was said and refused for good.
  std::int64_t dead(const std::string& subject, const std::string& organization = "o1",
                    const std::string& failure = "rejected") {
    const auto id = w.say({.subject = subject, .organization = organization});
    w.take_in();
    w.settle(worker, w.lease_one(worker), ends("dead", failure));
    return id;
  }
  std::int64_t audited(const std::string& action) {
    return w.number(
        "select count(*) from rolecall.audit_log where action = $1 and actor = session_user",
        {action});
  }

  LaneWorld w;
  std::int64_t worker = w.open_session();
};
using Retry = Operators;
using RetryDead = Operators;
using HoldAndCancel = Operators;
using Provider = Operators;
using Explain = Operators;
using Views = Operators;

TEST_F(Retry, RequeuesADeadRowOnceAndSaysWhatBecameOfIt) {
  const auto id = dead("s");
  EXPECT_EQ(retry_id(id), "requeued");
  EXPECT_EQ(retry_id(id), "already due");
  EXPECT_EQ(audited("retry"), 1);
  const auto lease = w.lease_one(worker);
  EXPECT_EQ(lease.outbox_id, id);
  EXPECT_EQ(retry_id(id), "in flight");
  w.settle(worker, lease, delivered());
  EXPECT_EQ(retry_id(id), "settled");
  EXPECT_EQ(w.lane("s", "state || delivered_version"), "idle1");
}

TEST_F(Retry, OfWhatSomethingNewerReplacedSaysSoAndDoesNothing) {
  const auto old = dead("s");
  const auto untaken = w.say({.subject = "s"});
  EXPECT_EQ(retry_id(old), "superseded by " + std::to_string(untaken));
  EXPECT_EQ(w.lane("s", "state"), "dead");
  w.take_in();
  EXPECT_EQ(retry_id(old), "superseded by " + std::to_string(untaken));
  w.settle(worker, w.lease_one(worker), delivered());
  EXPECT_EQ(retry_id(old), "superseded by " + std::to_string(untaken));
  EXPECT_EQ(w.lane("s", "state || delivered_version"), "idle2");
  EXPECT_EQ(audited("retry"), 0);
}

TEST_F(Retry, BringsForwardWhatWaitsForItsNextAttempt) {
  const auto id = w.say({.subject = "s"});
  EXPECT_EQ(retry_id(id), "already due");  // no worker has taken it in yet
  w.take_in();
  w.settle(worker, w.lease_one(worker), retry("throttled", 3'600'000, true));
  EXPECT_TRUE(w.lease(worker).empty());
  EXPECT_EQ(w.value("select rolecall.retry('s')"), "requeued");
  EXPECT_EQ(w.lease_one(worker).outbox_id, id);
}

TEST_F(Retry, OfAnUnknownRowIsAnErrorWithAHint) {
  const auto unknown = w.database().connect().run("select rolecall.retry(4711)");
  EXPECT_EQ(sqlstate(unknown), "P0002");
  EXPECT_EQ(sqlstate(w.database().connect().run("select rolecall.retry('nobody')")), "P0002");
}

TEST_F(Retry, OfALaneThatSomebodyHoldsGivesUpAfterTwoSeconds) {
  const auto id = dead("s");
  auto somebody = w.database().connect();
  somebody.script("begin; select 1 from rolecall.lanes for update").value();
  EXPECT_EQ(
      sqlstate(w.database().connect().run("select rolecall.retry(" + std::to_string(id) + ")")),
      "55P03");
}

TEST_F(RetryDead, FiltersAndPassesByWhatIsLocked) {
  dead("a", "o1", "rejected");
  dead("b", "o2", "rejected");
  dead("c", "o1", "forbidden");
  dead("d", "o1", "rejected");
  auto somebody = w.database().connect();
  somebody.script("begin; select 1 from rolecall.lanes where subject = 'd' for update").value();
  EXPECT_EQ(w.number("select rolecall.retry_dead('o1', 'rejected')"), 1);
  EXPECT_EQ(
      w.value("select string_agg(subject || state, ' ' order by subject) from rolecall.lanes"),
      "adue bdead cdead ddead");
  somebody.script("rollback").value();
  EXPECT_EQ(w.number("select rolecall.retry_dead(max_rows => 2)"), 2);
  EXPECT_EQ(w.number("select rolecall.retry_dead()"), 1);
  EXPECT_EQ(w.number("select rolecall.retry_dead()"), 0);
}

TEST_F(HoldAndCancel, HoldStopsOneVersionAndReleaseLetsItGo) {
  const auto id = w.say({.subject = "s"});
  w.take_in();
  EXPECT_EQ(call("hold", id, "let us see"), "held");
  EXPECT_EQ(call("hold", id, "let us see"), "already held");
  EXPECT_TRUE(w.lease(worker).empty());
  EXPECT_EQ(call("release", id), "released");
  EXPECT_EQ(call("release", id), "not held");
  EXPECT_EQ(w.lease_one(worker).outbox_id, id);
  EXPECT_EQ(audited("hold") + audited("release"), 2);
}

TEST_F(HoldAndCancel, ANewerVersionGoesOnPastAHeldOne) {
  const auto id = w.say({.subject = "s"});
  w.take_in();
  call("hold", id, "let us see");
  w.say({.subject = "s"});
  w.take_in();
  EXPECT_EQ(w.lease_one(worker).version, 2);
}

TEST_F(HoldAndCancel, WhatIsAskedOfALeasedRowIsHonouredWhenItSettles) {
  const auto id = w.say({.subject = "s"});
  w.take_in();
  auto lease = w.lease_one(worker);
  EXPECT_EQ(call("hold", id, "let us see"), "requested");
  w.settle(worker, lease, retry("throttled"));
  EXPECT_EQ(w.lane("s", "state"), "held");
  call("release", id);
  lease = w.lease_one(worker);
  EXPECT_EQ(call("cancel", id, "no more"), "requested");
  w.settle(worker, lease, delivered());  // it was delivered after all: nothing is left to cancel
  EXPECT_EQ(w.lane("s", "state || ended"), "idledelivered");
  EXPECT_EQ(call("cancel", id, "no more"), "settled");
}

TEST_F(HoldAndCancel, ARequestSpeaksOfOneVersionOnly) {
  const auto id = w.say({.subject = "s"});
  w.take_in();
  const auto lease = w.lease_one(worker);
  EXPECT_EQ(call("cancel", id, "no more"), "requested");
  w.say({.subject = "s"});
  w.take_in();
  w.settle(worker, lease, retry("throttled"));
  EXPECT_EQ(w.lane("s", "state || wanted_version"), "due2");
}

TEST_F(HoldAndCancel, CancelEndsAVersionUntilRetryTakesItBack) {
  const auto id = w.say({.subject = "s"});
  w.take_in();
  EXPECT_EQ(sqlstate(w.database().connect().run("select rolecall.cancel(" + std::to_string(id) +
                                                ", ' ')")),
            "22023");
  EXPECT_EQ(call("cancel", id, "no more"), "cancelled");
  EXPECT_EQ(call("cancel", id, "no more"), "already cancelled");
  EXPECT_TRUE(w.lease(worker).empty());
  EXPECT_EQ(w.value("select reason || ' ' || command from rolecall.attention"),
            "cancelled select rolecall.retry(" + std::to_string(id) + ");");
  EXPECT_EQ(retry_id(id), "requeued");
  EXPECT_EQ(w.number("select count(*) from rolecall.attention"), 0);
}

TEST_F(HoldAndCancel, OfASubjectThatNoWorkerKnowsYetAsksForPatience) {
  const auto id = w.say({.subject = "s"});
  EXPECT_EQ(
      sqlstate(w.database().connect().run("select rolecall.hold(" + std::to_string(id) + ", 'x')")),
      "55000");
  w.take_in();
  const auto next = w.say({.subject = "s"});
  EXPECT_EQ(call("hold", next, "let us see"),
            "held");  // its lane is there, so it is taken in on the way
  EXPECT_EQ(w.number("select count(*) from rolecall.outbox"), 0);
}

TEST_F(Provider, PausedSendsNothingAndResumesAtOnce) {
  w.say({.subject = "s"});
  w.take_in();
  EXPECT_EQ(w.value("select rolecall.pause_provider('a test')"), "paused");
  EXPECT_EQ(w.value("select rolecall.pause_provider('a test')"), "already paused");
  EXPECT_TRUE(w.lease(worker).empty());
  EXPECT_EQ(w.value("select state || pause_reason || backlog from rolecall.provider"),
            "pauseda test1");
  EXPECT_EQ(w.value("select rolecall.next_due_v1(0) ->> 'work_now'"), "false");
  EXPECT_EQ(w.value("select rolecall.resume_provider()"), "resumed");
  EXPECT_EQ(w.value("select rolecall.resume_provider()"), "not paused");
  EXPECT_EQ(w.lease(worker).size(), 1U);
  EXPECT_EQ(audited("pause_provider") + audited("resume_provider"), 2);
}

// The paces keep back 1.5 %, so that 10 calls a second give 9.85.
TEST_F(Provider, PredictsHowLongWhatIsDueWillTake) {
  const auto drain_s = [&] { return w.value("select drain_s from rolecall.provider"); };
  w.sql("update rolecall.provider_budgets set per_ms = 10000, share = 0.5");
  w.sql("update rolecall.provider_budgets set limit_calls = 1000 where class = 'general'");
  w.sql("update rolecall.provider_budgets set limit_calls = 200 where class = 'um_write'");
  EXPECT_EQ(drain_s(), "") << "nothing is due";
  for (int i = 0; i < 20; ++i) w.say({.subject = "m" + std::to_string(i), .kind = "member.push"});
  EXPECT_EQ(drain_s(), "3") << "20 at 9.85 a second, also before they are taken in";
  w.take_in();
  EXPECT_EQ(drain_s(), "3");
  for (int i = 0; i < 20; ++i) w.say({.subject = "r" + std::to_string(i), .kind = "role.push"});
  EXPECT_EQ(drain_s(), "3") << "what has a faster class leaves beside it";
  for (int i = 20; i < 200; ++i) w.say({.subject = "r" + std::to_string(i), .kind = "role.push"});
  EXPECT_EQ(drain_s(), "5") << "all 220 together at 49.25 a second";
  w.take_in(1'000);
  w.sql("delete from rolecall.lanes");
  EXPECT_EQ(drain_s(), "");
}

TEST_F(Provider, APauseThatIsNotCommittedStopsNobody) {
  w.say({.subject = "s"});
  w.take_in();
  auto somebody = w.database().connect();
  somebody
      .script("begin; select rolecall.pause_provider('a test'); select rolecall.resume_provider()")
      .value();
  w.sql("set lock_timeout = '1ms'");
  EXPECT_EQ(w.lease(worker).size(), 1U);
  EXPECT_EQ(w.value("select rolecall.report_provider_v1(0, 0, 9, 0, 'refused')"),
            "up");  // told again soon
}

TEST_F(Provider, FiveFailuresOpenTheBreakerOneProbeLeavesAndAnAnswerClosesIt) {
  for (const auto* subject : {"a", "b", "c"}) w.say({.subject = subject});
  w.take_in();
  const std::string report = "select rolecall.report_provider_v1(0, ";
  EXPECT_EQ(w.value(report + "0, 4, 0, 'refused')"), "up");
  EXPECT_EQ(w.value(report + "0, 1, 0, 'refused')"), "open");
  EXPECT_TRUE(w.lease(worker).empty());
  w.pass(1100);
  auto probes = w.lease(worker);
  ASSERT_EQ(probes.size(), 1U);
  EXPECT_TRUE(w.lease(worker).empty());  // one at a time
  w.settle(worker, probes[0], retry("transient"));
  EXPECT_EQ(w.value(report + "0, 1, 0, 'refused')"), "open");
  w.pass(1100);
  EXPECT_TRUE(w.lease(worker).empty());  // the pause has doubled
  w.pass(1100);
  EXPECT_EQ(w.lease(worker).size(), 1U);
  EXPECT_EQ(w.value(report + "1, 0, 0, '')"), "up");
  EXPECT_EQ(w.lease(worker).size(), 2U);
}

TEST_F(Provider, ARefusedKeyPausesAndIsShown) {
  EXPECT_EQ(w.value("select rolecall.report_provider_v1(0, 0, 0, 1, '401')"), "unauthorised");
  EXPECT_EQ(w.value("select reason from rolecall.attention"), "unauthorised");
  w.say({.subject = "s"});
  w.take_in();
  w.pass(14'000);
  EXPECT_TRUE(w.lease(worker).empty());
  w.sql("select rolecall.resume_provider()");  // the key was repaired
  EXPECT_EQ(w.lease(worker).size(), 1U);
}

TEST_F(Explain, TellsTheWholeStory) {
  w.say({.subject = "role", .kind = "role.push"});
  const auto id = w.say({.subject = "s", .waits = "row('role', 1)::rolecall.wait"});
  EXPECT_NE(story(id).find("No worker has taken it in yet"), std::string::npos);
  w.take_in();
  EXPECT_NE(story(id).find("It waits for version 1 of role"), std::string::npos);
  w.settle(worker, w.lease_one(worker), delivered());
  w.wake();
  w.settle(worker, w.lease_one(worker), ends("dead"));
  const std::string text = story(id);
  for (const auto* part : {"version 1 of s", "by a test", "rejected, it_failed, HTTP 500",
                           "request req_f", "It is dead", "select rolecall.retry("})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
  retry_id(id);
  w.settle(worker, w.lease_one(worker), delivered());
  EXPECT_NE(story(id).find("Delivered"), std::string::npos);
  EXPECT_NE(story(id).find("Retry"), std::string::npos);
  const auto newer = w.say({.subject = "s"});
  w.take_in();
  w.say({.subject = "s"});
  EXPECT_NE(story(newer).find("is newer and is said instead"), std::string::npos);
  EXPECT_EQ(sqlstate(w.database().connect().run("select rolecall.explain(4711)")), "P0002");
}

TEST_F(Views, CountByStateAndTellWhatConverged) {
  dead("dead");
  w.say({.subject = "done"});
  w.take_in();
  w.settle(worker, w.lease_one(worker), delivered());
  w.say({.subject = "new"});
  EXPECT_EQ(
      w.value("select string_agg(state || rows, ' ' order by state) from rolecall.outbox_status"),
      "dead1 delivered1 pending1");
  EXPECT_EQ(w.value("select string_agg(subject || ':' || state, ' ' order by subject) from "
                    "rolecall.convergence"),
            "dead:attention done:delivered new:pending");
  EXPECT_EQ(w.value("select subjects || ' ' || confirmed || delivered || pending || attention from "
                    "rolecall.convergence_summary"),
            "3 0111");
  w.sql(
      "update rolecall.observed set confirmed_version = 1, confirmed_at = now() where subject = "
      "'done'");
  EXPECT_EQ(w.value("select state from rolecall.convergence where subject = 'done'"), "confirmed");
  EXPECT_EQ(w.value("select state || leases from rolecall.workers"), "live0");
  w.sql("update rolecall.schedules set due_at = now()");
  EXPECT_EQ(w.value("select string_agg(name || enabled || overdue, ' ' order by name) from "
                    "rolecall.schedules_status"),
            "maintaintruefalse partitionstruefalse pull_eventsfalsefalse reconcilefalsefalse");
}

TEST_F(Views, EveryViewAndFunctionExplainsItself) {
  EXPECT_EQ(w.value("select string_agg(c.relname, ' ') from pg_class c where c.relnamespace = "
                    "'rolecall'::regnamespace "
                    "and c.relkind = 'v' and obj_description(c.oid, 'pg_class') is null"),
            "");
  EXPECT_EQ(
      w.value(
          "select string_agg(p.proname, ' ') from pg_proc p where p.pronamespace = "
          "'rolecall'::regnamespace "
          "and obj_description(p.oid, 'pg_proc') is null and p.prorettype <> 'trigger'::regtype"),
      "");
}

TEST_F(Views, SchedulesAreSwitchedByName) {
  EXPECT_EQ(w.value("select rolecall.disable_schedule('maintain')"), "disabled");
  EXPECT_EQ(w.value("select rolecall.disable_schedule('maintain')"), "already disabled");
  EXPECT_EQ(w.value("select rolecall.maintain_v1(0)"), "0");
  EXPECT_EQ(w.value("select rolecall.enable_schedule('maintain')"), "enabled");
  EXPECT_EQ(w.value("select rolecall.disable_schedule('partitions')"), "disabled");
  EXPECT_EQ(w.value("select rolecall.keep_partitions_v1()"), "0");
  EXPECT_EQ(sqlstate(w.database().connect().run("select rolecall.enable_schedule('nothing')")),
            "P0002");
}

}  // namespace
}  // namespace rolecall::testing
