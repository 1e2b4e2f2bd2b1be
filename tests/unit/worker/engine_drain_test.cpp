#include <gtest/gtest.h>

#include "tests/unit/worker/rig.hpp"

namespace rolecall::test {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

TEST(Drain, EndsAtOnceWhenNothingIsInFlightAndClosesTheSession) {
  Rig rig;
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.engine->status().sleeping; }));
  rig.engine->drain();
  const Instant before = rig.clock.now();
  ASSERT_TRUE(rig.until_ended());
  EXPECT_LT(rig.clock.now() - before, 100ms);
  EXPECT_TRUE(rig.store.sessions.empty());
  EXPECT_EQ(rig.trace.count(Trace::drain_started), 1);
  EXPECT_EQ(rig.trace.count(Trace::drain_finished), 1);
}

TEST(Drain, LetsCallsInFlightFinishAndRecordsThem) {
  Rig rig;
  rig.transport.call_time = 8s;
  rig.store.enqueue("a");
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  rig.engine->drain();
  ASSERT_TRUE(rig.until_ended());
  EXPECT_TRUE(rig.store.all_delivered());
  EXPECT_TRUE(rig.store.sessions.empty());
}

TEST(Drain, LeasesNothingMore) {
  Rig rig;
  rig.transport.call_time = 8s;
  rig.store.enqueue("a");
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  rig.engine->drain();
  rig.store.enqueue("b");
  rig.engine->notify();
  ASSERT_TRUE(rig.until_ended());
  EXPECT_EQ(rig.trace.count(Trace::leased), 1);
  EXPECT_EQ(rig.store.outbox.size(), 1u);
}

TEST(Drain, GivesBackUnsentWhatWasLeasedAndNotStarted) {
  Rig rig;
  rig.store.enqueue("a");
  rig.steps.applied = [&](int, const std::string& name) {
    if (name == "lease_due") rig.engine->drain();
  };
  rig.start();
  ASSERT_TRUE(rig.until_ended());
  EXPECT_TRUE(rig.transport.sent.empty());
  const FakeLane& lane = rig.store.lanes.at(Subject{"a"});
  EXPECT_EQ(lane.state, LaneState::due);
  ASSERT_EQ(lane.settled.size(), 1u);
  EXPECT_EQ(lane.settled[0].outcome, Outcome::retry);
  EXPECT_EQ(lane.settled[0].fate, SendFate::unsent);
  EXPECT_EQ(lane.settled[0].delay, 0ms);
}

TEST(Drain, CutsTheFurtherCallsOfADeliveryToItsBudget) {
  Rig rig;
  rig.workflows.reads_after = 5;
  rig.transport.call_time = 4s;
  rig.store.enqueue("a");
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  rig.engine->drain();
  const Instant before = rig.clock.now();
  ASSERT_TRUE(rig.until_ended());
  EXPECT_LE(rig.clock.now() - before, 10'200ms);
  for (const auto& sent : rig.transport.sent)
    if (sent.at > before) {
      EXPECT_LE(sent.deadline, before + 10s);
    }
  const Settlement& settled = rig.store.lanes.at(Subject{"a"}).settled.back();
  EXPECT_EQ(settled.outcome, Outcome::retry);
  EXPECT_EQ(settled.fate, SendFate::open);
}

TEST(Drain, DoesNotWaitForAStoreThatIsAway) {
  Rig rig;
  rig.transport.call_time = 2s;
  rig.store.enqueue("a");
  bool away = false;
  rig.steps.fate = [&](int, const std::string& name) {
    return away && name != "send" ? StepFate::refused : StepFate::done;
  };
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) == 1; }));
  away = true;
  rig.engine->drain();
  const Instant before = rig.clock.now();
  ASSERT_TRUE(rig.until_ended());
  EXPECT_LE(rig.clock.now() - before, 11s);
  EXPECT_EQ(rig.trace.count(Trace::lease_dropped), 1);
}

TEST(Drain, EndsAWorkerThatNeverHadASession) {
  Rig rig;
  rig.steps.fate = [](int, const std::string&) { return StepFate::refused; };
  rig.start();
  rig.pass(3s);
  rig.engine->drain();
  EXPECT_TRUE(rig.until_ended());
}

TEST(Drain, EndsAWorkerThatWasToldBeforeItRan) {
  Rig rig;
  rig.engine->drain();
  rig.start();
  EXPECT_TRUE(rig.until_ended());
  EXPECT_EQ(rig.steps.count("lease_due"), 0);
  EXPECT_TRUE(rig.store.sessions.empty());
}

}  // namespace
}  // namespace rolecall::test
