#include "worker/engine/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/worker/rig.hpp"

namespace rolecall::test {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

TEST(Engine, DeliversARowAndReadsItBack) {
  Rig rig;
  rig.store.enqueue("a");
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::confirmed) == 1; }));
  EXPECT_TRUE(rig.store.confirmed.contains(Subject{"a"}));
  EXPECT_EQ(rig.trace.count(Trace::session_opened), 1);
  EXPECT_EQ(rig.trace.count(Trace::taken_in), 1);
  EXPECT_EQ(rig.trace.count(Trace::leased), 1);
  EXPECT_EQ(rig.trace.count(Trace::settled), 1);
  EXPECT_EQ(rig.trace.last(Trace::read_finished).code, "present");
  EXPECT_EQ(rig.transport.sent.size(), 2u);
}

TEST(Engine, TellsACallWithItsMethodItsPathItsTimeAndItsRequestId) {
  Rig rig;
  rig.store.enqueue("a");
  rig.start();
  ASSERT_TRUE(rig.until_delivered());
  const TraceEvent started = rig.trace.last(Trace::call_started);
  EXPECT_EQ(started.code, "PUT");
  EXPECT_EQ(started.detail, "/a");
  EXPECT_EQ(started.kind, "member.push");
  const TraceEvent finished = rig.trace.last(Trace::call_finished);
  EXPECT_EQ(finished.http_status, 200);
  EXPECT_EQ(finished.request_id, RequestId{"req_1"});
  EXPECT_EQ(finished.elapsed, 22ms);
  const Settlement& settled = rig.store.lanes.at(Subject{"a"}).settled.back();
  EXPECT_EQ(settled.call_time, 22ms);
  EXPECT_EQ(settled.request_id, RequestId{"req_1"});
}

TEST(Engine, TellsEveryStoreCallWithItsTimeAndRows) {
  Rig rig;
  for (const char* subject : {"a", "b", "c"}) rig.store.enqueue(subject);
  rig.start();
  ASSERT_TRUE(rig.until_delivered());
  rig.pass(2ms);
  int statements = 0;
  for (const TraceEvent& e : rig.trace.events) {
    if (e.what != Trace::statement) continue;
    ++statements;
    EXPECT_EQ(e.elapsed, 2ms) << e.code;
    if (e.code == "lease_due" && e.count > 0) {
      EXPECT_EQ(e.count, 3);
    }
  }
  EXPECT_GE(statements, 5);
}

TEST(Engine, SaysATenTimesEditedSubjectOnce) {
  Rig rig;
  for (int i = 0; i < 10; ++i) rig.store.enqueue("a");
  rig.start();
  ASSERT_TRUE(rig.until_delivered());
  EXPECT_EQ(rig.trace.count(Trace::call_started), 1);
  EXPECT_EQ(rig.store.lanes.at(Subject{"a"}).delivered, Version{10});
}

TEST(Engine, NeverHasMoreCallsInFlightThanItsConcurrency) {
  Limits limits;
  limits.concurrency = 4;
  Rig rig{limits};
  for (int i = 0; i < 40; ++i) rig.store.enqueue(std::to_string(i));
  rig.start();
  int most = 0;
  ASSERT_TRUE(rig.until([&] {
    const EngineStatus status = rig.engine->status();
    most = std::max(most, status.deliveries + status.reads);
    return rig.store.all_delivered();
  }));
  EXPECT_EQ(most, 4);
}

TEST(Engine, GivesEachCallADeadlineThatEndsBeforeItsLease) {
  Rig rig;
  rig.store.enqueue("a");
  rig.start();
  ASSERT_TRUE(rig.until_delivered());
  const auto& sent = rig.transport.sent.front();
  EXPECT_EQ(sent.deadline - sent.at, 10s);
}

TEST(Engine, SleepsWhenNothingIsDueAndWakesOnANotification) {
  Rig rig;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.engine->status().sleeping; }));
  rig.pass(3'500ms);
  EXPECT_EQ(rig.trace.count(Trace::slept), 1);
  EXPECT_TRUE(rig.store.sleep_locked);
  const Instant before = rig.clock.now();
  rig.store.enqueue("a");
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::leased) == 1; }));
  ASSERT_TRUE(rig.until_delivered());
  EXPECT_LT(rig.clock.now() - before, 50ms);
  EXPECT_EQ(rig.trace.last(Trace::awoke).code, "notified");
}

TEST(Engine, FindsByPollingWhatNobodyNotified) {
  Rig rig;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.engine->status().sleeping; }));
  rig.store.notification = nullptr;
  rig.store.enqueue("a");
  const Instant before = rig.clock.now();
  ASSERT_TRUE(rig.until_delivered());
  EXPECT_LT(rig.clock.now() - before, 1'100ms);
  EXPECT_EQ(rig.trace.last(Trace::awoke).code, "polled");
}

TEST(Engine, SeesWithin60MillisecondsWhatCommitsWhileItsSleepIsRefused) {
  Rig rig;
  rig.store.refuse_sleep = 1'000;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.steps.count("begin_sleep") == 3; }));
  rig.store.enqueue("a");
  const Instant before = rig.clock.now();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::leased) > 0; }));
  EXPECT_LE(rig.clock.now() - before, 60ms);
}

TEST(Engine, LeasesWhilePartitionsAreKept) {
  Rig rig;
  rig.steps.way_back = [](const std::string& name) {
    return name == "keep_partitions" ? Millis{4s} : 1ms;
  };
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.steps.count("keep_partitions") == 1; }));
  const Instant before = rig.clock.now();
  rig.store.enqueue("a");
  ASSERT_TRUE(rig.until_delivered());
  EXPECT_LT(rig.clock.now() - before, 50ms);
  ASSERT_TRUE(
      rig.until([&] { return rig.steps.count("keep_partitions") == 2; }, std::chrono::hours{2}));
  EXPECT_GE(rig.clock.now() - before, std::chrono::hours{1});
}

TEST(Engine, SendsOneStatementASecondWhileItSleeps) {
  Rig rig;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.engine->status().sleeping; }));
  rig.pass(1s);
  const int before = rig.steps.taken();
  rig.pass(10s);
  EXPECT_LE(rig.steps.taken() - before, 10);
  EXPECT_GE(rig.steps.taken() - before, 9);
}

TEST(Engine, RefusesToSendUnderALeaseThatBecameTooOldBeforeItWasTold) {
  Rig rig;
  rig.store.enqueue("a");
  bool slow = true;
  rig.steps.way_back = [&](const std::string& name) {
    return name == "lease_due" && std::exchange(slow, false) ? Millis{21s} : 1ms;
  };
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_refused) > 0; }));
  EXPECT_EQ(rig.trace.last(Trace::call_refused).code, "lease_too_old");
  EXPECT_TRUE(rig.transport.sent.empty());
  ASSERT_TRUE(rig.until_delivered());
  const auto& settled = rig.store.lanes.at(Subject{"a"}).settled;
  ASSERT_EQ(settled.size(), 2u);
  EXPECT_EQ(settled[0].outcome, Outcome::retry);
  EXPECT_EQ(settled[0].fate, SendFate::unsent);
  EXPECT_FALSE(settled[0].counts);
}

TEST(Engine, SendsNothingUnderASessionThatCannotBeProvedAlive) {
  Rig rig;
  rig.store.enqueue("a");
  rig.workflows.reads_after = 3;
  rig.transport.call_time = 400ms;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  rig.store.session_answers = false;
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_refused) > 0; }));
  EXPECT_EQ(rig.trace.last(Trace::call_refused).code, "session_unverified");
  const auto sent = rig.transport.sent.size();
  rig.pass(1s);
  EXPECT_EQ(rig.transport.sent.size(), sent);
  const Settlement& given_back = rig.store.lanes.at(Subject{"a"}).settled.back();
  EXPECT_EQ(given_back.fate, SendFate::open);  // its write had left

  rig.store.session_answers = true;
  ASSERT_TRUE(rig.until_delivered());
}

TEST(Engine, VerifiesItsSessionEvery250MillisecondsWhileItHoldsLeases) {
  Rig rig;
  rig.store.enqueue("a");
  rig.transport.call_time = 5s;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  const int before = rig.steps.count("verify_session");
  rig.pass(4s);
  EXPECT_GE(rig.steps.count("verify_session") - before, 15);
  EXPECT_LE(rig.steps.count("verify_session") - before, 17);
}

TEST(Engine, OpensANewSessionWhenItsOwnIsOverAndSettlesTheOldLeasesUnderTheirToken) {
  Rig rig;
  rig.store.others_hold_leases = true;
  rig.store.enqueue("a");
  rig.transport.call_time = 3s;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  const WorkerId first = *rig.engine->status().worker;
  rig.store.end_session(first);
  const Instant before = rig.clock.now();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::session_opened) == 2; }));
  EXPECT_LE(rig.clock.now() - before, 300ms);
  EXPECT_EQ(rig.trace.count(Trace::session_lost), 1);
  EXPECT_NE(*rig.engine->status().worker, first);
  ASSERT_TRUE(rig.until_delivered());
  EXPECT_EQ(rig.trace.count(Trace::rescued), 1);
  EXPECT_EQ(rig.trace.count(Trace::settle_stale), 1);  // the fence said no to the freed lease
  EXPECT_EQ(rig.trace.last(Trace::settle_stale).worker, first);
}

TEST(Engine, OpensANewSessionWhenItIsWokenByTheEndOfItsIdleConnection) {
  Rig rig;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.engine->status().sleeping; }));
  rig.pass(3s);
  rig.store.end_session(*rig.engine->status().worker);
  const Instant before = rig.clock.now();
  rig.store.notification();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::session_opened) == 2; }));
  EXPECT_LE(rig.clock.now() - before, 100ms);
}

TEST(Engine, GivesUpASessionThatNobodyAnswersFor) {
  Rig rig;
  rig.store.enqueue("a");
  rig.transport.call_time = 5s;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  rig.store.session_answers = false;
  const Instant before = rig.clock.now();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::session_lost) == 1; }));
  EXPECT_GE(rig.clock.now() - before, 2s);
  EXPECT_LE(rig.clock.now() - before, 2'600ms);
}

TEST(Engine, HoldsARowWhoseWorkflowAsksToWriteTwice) {
  Rig rig;
  rig.workflows.writes_twice = true;
  rig.store.enqueue("a");
  rig.start();
  const FakeLane& lane = rig.store.lanes[Subject{"a"}];
  ASSERT_TRUE(rig.until([&] { return lane.state == LaneState::held; }));
  EXPECT_EQ(rig.transport.sent.size(), 1u);
  EXPECT_EQ(lane.settled.back().failure->code, "second_mutation");
  EXPECT_EQ(lane.settled.back().fate, SendFate::open);
}

TEST(Engine, HoldsARowThatNoWorkflowKnows) {
  Rig rig;
  rig.workflows.knows_kind = false;
  rig.store.enqueue("a");
  rig.start();
  const FakeLane& lane = rig.store.lanes[Subject{"a"}];
  ASSERT_TRUE(rig.until([&] { return lane.state == LaneState::held; }));
  EXPECT_TRUE(rig.transport.sent.empty());
}

TEST(Engine, HoldsAPoisonedRowWithoutACall) {
  Rig rig;
  rig.store.enqueue("a");
  rig.store.lanes[Subject{"a"}].leases = 20;
  rig.start();
  const FakeLane& lane = rig.store.lanes[Subject{"a"}];
  ASSERT_TRUE(rig.until([&] { return lane.state == LaneState::held; }));
  EXPECT_TRUE(rig.transport.sent.empty());
  EXPECT_EQ(lane.settled.back().failure->code, "poison");
}

TEST(Engine, BacksOffAfterAFailureAndSaysItAgain) {
  Rig rig;
  int calls = 0;
  rig.transport.answer = [&](const HttpRequest&) {
    return Result<HttpResponse>{HttpResponse{.status = ++calls < 3 ? 503 : 200}};
  };
  rig.store.enqueue("a");
  rig.start();
  ASSERT_TRUE(rig.until_delivered());
  const auto& settled = rig.store.lanes.at(Subject{"a"}).settled;
  ASSERT_EQ(settled.size(), 3u);
  EXPECT_EQ(settled[0].delay, 500ms);  // half of the first window
  EXPECT_EQ(settled[0].fate, SendFate::open);
  EXPECT_GE(rig.transport.sent[1].at - rig.transport.sent[0].at, 500ms);
  EXPECT_LE(rig.transport.sent[1].at - rig.transport.sent[0].at, 600ms);
}

TEST(Engine, SettlesABusyRowAgainUntilItIsFree) {
  Rig rig;
  rig.store.enqueue("a");
  rig.store.busy.insert(Subject{"a"});
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::settle_busy) >= 20; }));
  EXPECT_EQ(rig.trace.count(Trace::settled), 0);
  rig.store.busy.clear();
  const Instant freed = rig.clock.now();
  ASSERT_TRUE(rig.until_delivered());
  EXPECT_LE(rig.clock.now() - freed, 60ms);
  EXPECT_EQ(rig.transport.sent.size(), 1u);
}

TEST(Engine, DropsAResultThatCouldNotBeRecordedWhileItsLeaseLasted) {
  Rig rig;
  rig.store.enqueue("a");
  rig.steps.fate = [&](int, const std::string& name) {
    return name == "settle" && rig.trace.count(Trace::lease_dropped) == 0 ? StepFate::refused
                                                                          : StepFate::done;
  };
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::lease_dropped) == 1; }));
  ASSERT_EQ(rig.trace.count(Trace::leased), 1);
  const auto held = rig.clock.now() - rig.trace.last(Trace::leased).at;
  EXPECT_GE(held, 29'900ms);
  EXPECT_LE(held, 30'000ms);
  ASSERT_TRUE(rig.until_delivered());  // its lease ended, and it was taken again
  ASSERT_TRUE(rig.until([&] { return rig.engine->status().unsettled == 0; }));
}

TEST(Engine, ReportsFailuresWithEachBatchAndGoodNewsOnlyWhenTheBreakerIsNotClosed) {
  Rig rig;
  rig.store.enqueue("a");
  rig.start();
  ASSERT_TRUE(rig.until_delivered());
  rig.pass(100ms);
  EXPECT_TRUE(rig.store.reports.empty());

  rig.transport.answer = [](const HttpRequest&) {
    return Result<HttpResponse>{HttpResponse{.status = 503}};
  };
  rig.store.enqueue("b");
  ASSERT_TRUE(rig.until([&] { return !rig.store.reports.empty(); }));
  EXPECT_EQ(rig.store.reports.back().failed, 1);
  EXPECT_EQ(rig.store.reports.back().detail, "HTTP 503");
}

TEST(Engine, StopsLeasingWhenTheProviderIsOpenAndGoesOnWhenItIsUp) {
  Rig rig;
  rig.store.provider = ProviderMode::open;
  rig.store.next_probe = 300ms;
  rig.store.enqueue("a");
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::provider_changed) == 1; }));
  EXPECT_EQ(rig.trace.last(Trace::provider_changed).code, "open");
  rig.pass(5s);
  EXPECT_TRUE(rig.transport.sent.empty());
  EXPECT_LE(rig.steps.count("lease_due"), 20);
  rig.store.provider = ProviderMode::up;
  ASSERT_TRUE(rig.until_delivered());
  EXPECT_EQ(rig.trace.last(Trace::provider_changed).code, "up");
}

TEST(Engine, SaysSinceWhenTheStoreIsOutOfReach) {
  Rig rig;
  bool away = false;
  rig.steps.fate = [&](int, const std::string&) {
    return away ? StepFate::refused : StepFate::done;
  };
  rig.start();
  rig.pass(2s);
  EXPECT_FALSE(rig.engine->status().store_failing_since);
  away = true;
  rig.pass(10s);
  EXPECT_TRUE(rig.engine->status().store_failing_since);
  EXPECT_GT(rig.trace.count(Trace::store_failed), 3);
  away = false;
  rig.store.enqueue("a");
  ASSERT_TRUE(rig.until_delivered());
  EXPECT_FALSE(rig.engine->status().store_failing_since);
}

}  // namespace
}  // namespace rolecall::test
