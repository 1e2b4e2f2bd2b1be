// Every step of a scenario is a place to die at, and a place to fail at, once each.
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/worker/rig.hpp"

namespace rolecall::test {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

// Three rows, one of them edited twice; a server error on the way; reads that confirm.
void prepare(Rig& rig) {
  for (const char* subject : {"a", "b", "c", "a"}) rig.store.enqueue(subject);
  rig.transport.answer = [n = 0](const HttpRequest&) mutable {
    return Result<HttpResponse>{HttpResponse{.status = ++n == 2 ? 503 : 200}};
  };
}

bool all_confirmed(const Rig& rig) {
  return rig.store.all_delivered() && rig.store.confirmed.size() == 3;
}

int steps_of_the_scenario() {
  Rig rig;
  prepare(rig);
  rig.start();
  EXPECT_TRUE(rig.until([&] { return all_confirmed(rig); }));
  return rig.steps.taken();
}

// A second life of the same store: the first worker's session is over, and another takes its place.
void converge_without_the_dead_worker(Rig& rig) {
  rig.store.sessions.clear();
  rig.store.others_hold_leases = true;
  rig.steps.applied = [](int, const std::string&) {};
  rig.make_engine();
  rig.start();
  ASSERT_TRUE(rig.until([&] { return all_confirmed(rig); }, 120s));
  EXPECT_EQ(rig.transport.without_lease, 0);
}

enum class Death { on_the_way, applied };

void kill_at(int step, Death death) {
  SCOPED_TRACE("killed at step " + std::to_string(step));
  Rig rig;
  prepare(rig);
  std::optional<std::pair<int, std::size_t>> at_death;
  const auto die = [&](int number, const std::string&) {
    if (number != step || at_death) return;
    rig.engine->kill();
    at_death = {rig.steps.taken(), rig.trace.events.size()};
  };
  if (death == Death::on_the_way)
    rig.steps.fate = [&](int number, const std::string& name) {
      die(number, name);
      return StepFate::done;
    };
  else
    rig.steps.applied = die;
  rig.start();
  ASSERT_TRUE(rig.until_ended());
  ASSERT_TRUE(at_death);
  rig.pass(5s);
  rig.engine->notify();
  rig.pass(30s);
  EXPECT_EQ(rig.steps.taken(), at_death->first) << "a dead worker called its ports";
  EXPECT_EQ(rig.trace.events.size(), at_death->second) << "a dead worker spoke";
  converge_without_the_dead_worker(rig);
}

TEST(Crash, AtAnyStepOnTheWayMakesNoFurtherCallAndLosesNothing) {
  const int steps = steps_of_the_scenario();
  ASSERT_GT(steps, 20);
  for (int i = 0; i < steps; ++i) kill_at(i, Death::on_the_way);
}

TEST(Crash, AtAnyStepBeforeItsAnswerMakesNoFurtherCallAndLosesNothing) {
  const int steps = steps_of_the_scenario();
  for (int i = 0; i < steps; ++i) kill_at(i, Death::applied);
}

TEST(Crash, OfAnEngineThatIsDestroyedAtAnyStepLeavesNothingBehindThatCalls) {
  const int steps = steps_of_the_scenario();
  for (int i = 0; i < steps; ++i) {
    SCOPED_TRACE("destroyed after step " + std::to_string(i));
    Rig rig;
    prepare(rig);
    rig.start();
    ASSERT_TRUE(rig.until([&] { return rig.steps.taken() > i; }));
    rig.engine.reset();
    const int taken = rig.steps.taken();
    ASSERT_TRUE(rig.until_ended());
    rig.pass(5s);
    EXPECT_EQ(rig.steps.taken(), taken);
  }
}

TEST(Crash, OfTheWholeProcessAtAnyStepFreesEveryCoroutine) {
  const int steps = steps_of_the_scenario();
  for (int i = 0; i < steps; ++i) {
    std::weak_ptr<bool> held_by_the_coroutine;
    {
      Rig rig;
      prepare(rig);
      rig.start();
      ASSERT_TRUE(rig.until([&] { return rig.steps.taken() > i; }));
      held_by_the_coroutine = std::exchange(rig.ended, nullptr);
      ASSERT_FALSE(held_by_the_coroutine.expired());
      rig.engine.reset();
      // The context goes with the rig, and with it whatever still waits there.
    }
    EXPECT_TRUE(held_by_the_coroutine.expired()) << "after step " << i;
  }
}

TEST(Crash, BeforeTheFirstStepIsPossible) {
  Rig rig;
  prepare(rig);
  rig.start();
  rig.engine->kill();
  ASSERT_TRUE(rig.until_ended());
  EXPECT_EQ(rig.steps.taken(), 0);
}

// Everything leased ends as settled (or stale) or dropped, exactly once.
void expect_every_lease_ended(const Rig& rig) {
  std::map<LeaseToken, int> ends;
  for (const TraceEvent& e : rig.trace.events) {
    if (e.what == Trace::leased) ends[e.token] += 0;
    if (e.what == Trace::settled || e.what == Trace::settle_stale || e.what == Trace::lease_dropped)
      ++ends[e.token];
  }
  for (const auto& [token, count] : ends) EXPECT_EQ(count, 1) << "token " << token.number();
}

void fail_at(int step, StepFate fate) {
  SCOPED_TRACE("failed at step " + std::to_string(step));
  Rig rig;
  prepare(rig);
  std::string failed;
  rig.steps.fate = [&](int number, const std::string& name) {
    if (number != step) return StepFate::done;
    failed = name;
    return fate;
  };
  rig.start();
  ASSERT_TRUE(rig.until([&] { return all_confirmed(rig); }, 120s)) << failed;
  ASSERT_FALSE(failed.empty());
  EXPECT_EQ(rig.transport.without_lease, 0) << failed;
  rig.pass(5ms);
  if (failed != "send") {
    EXPECT_EQ(rig.trace.count(Trace::store_failed), 1) << failed;
  }
  rig.engine->drain();
  ASSERT_TRUE(rig.until_ended()) << failed;
  expect_every_lease_ended(rig);
}

TEST(Fault, AtAnyStepThatDoesNotHappenIsWaitedOut) {
  const int steps = steps_of_the_scenario();
  for (int i = 0; i < steps; ++i) fail_at(i, StepFate::refused);
}

TEST(Fault, AtAnyStepWhoseAnswerIsLostIsWaitedOut) {
  const int steps = steps_of_the_scenario();
  for (int i = 0; i < steps; ++i) fail_at(i, StepFate::answer_lost);
}

TEST(Fault, OfEveryStoreCallForAWhileIsWaitedOut) {
  Rig rig;
  prepare(rig);
  bool away = false;
  rig.steps.fate = [&](int, const std::string& name) {
    return away && name != "send" ? StepFate::refused : StepFate::done;
  };
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_started) > 0; }));
  away = true;
  rig.pass(20s);
  EXPECT_GT(rig.trace.count(Trace::store_failed), 10);
  EXPECT_LT(rig.trace.count(Trace::store_failed), 500);
  away = false;
  ASSERT_TRUE(rig.until([&] { return all_confirmed(rig); }, 120s));
  EXPECT_EQ(rig.transport.without_lease, 0);
}

}  // namespace
}  // namespace rolecall::test
