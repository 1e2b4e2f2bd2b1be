// Calls leave in their turn, at the pace of the tokens that the store gives.
#include <gtest/gtest.h>

#include "tests/unit/worker/rig.hpp"

namespace rolecall::test {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

int writes(const Rig& rig) {
  return static_cast<int>(std::count_if(rig.transport.sent.begin(), rig.transport.sent.end(),
                                        [](const auto& s) { return s.request.method != "GET"; }));
}

TEST(EngineTurns, CallsLeaveAtTheTokensPace) {
  Rig rig;
  for (const char* subject : {"a", "b", "c"}) rig.store.enqueue(subject);
  rig.store.blocks = {{.tokens = 3, .first_in = 100ms, .every = 300ms}};
  rig.start();
  ASSERT_TRUE(rig.until_delivered());
  EXPECT_EQ(rig.transport.sent[1].at - rig.transport.sent[0].at, 300ms);
  EXPECT_EQ(rig.transport.sent[2].at - rig.transport.sent[1].at, 300ms);
}

TEST(EngineTurns, ATurnThatDoesNotComeInTimeGivesTheRowBack) {
  Rig rig;
  rig.store.enqueue("a");
  rig.store.blocks.assign(30, {.ask_again = 1'000ms});
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_refused) == 1; }));
  EXPECT_EQ(rig.trace.last(Trace::call_refused).code, "no_turn");
  EXPECT_EQ(writes(rig), 0);
  ASSERT_TRUE(rig.until_delivered());
  const auto& settled = rig.store.lanes.at(Subject{"a"}).settled;
  ASSERT_GE(settled.size(), 2u);
  EXPECT_FALSE(settled.front().failure) << "it is nobody's failure";
  EXPECT_EQ(rig.transport.without_lease, 0);
}

TEST(EngineTurns, ARefusalIsToldAtOnceAndStopsTheOthers) {
  Rig rig;
  for (int i = 0; i < 10; ++i) rig.store.enqueue(std::to_string(i));
  rig.store.blocks = {{.tokens = 10, .first_in = 0ms, .every = 50ms}};
  int answered = 0;
  rig.transport.answer = [&](const HttpRequest&) {
    return Result<HttpResponse>{HttpResponse{.status = ++answered == 1 ? 429 : 200}};
  };
  rig.start();
  ASSERT_TRUE(rig.until([&] { return !rig.store.throttles.empty(); }));
  EXPECT_EQ(rig.store.throttles.front().answers, 1);
  EXPECT_EQ(rig.store.throttles.front().rate_class, RateClass::general);
  EXPECT_EQ(rig.trace.last(Trace::throttled).code, "general");
  const int before = writes(rig);
  EXPECT_LE(before, 2);
  rig.pass(900ms);
  EXPECT_EQ(writes(rig), before);
  ASSERT_TRUE(rig.until_delivered());
}

TEST(EngineTurns, WhatWaitsForItsTurnIsGivenBackWhenTheProviderGoesDown) {
  Rig rig;
  for (int i = 0; i < 10; ++i) rig.store.enqueue(std::to_string(i));
  rig.store.blocks = {{.tokens = 10, .first_in = 0ms, .every = 500ms}};
  rig.transport.answer = [&](const HttpRequest&) {
    rig.store.provider = ProviderMode::open;  // as the report of this failure will be told
    rig.store.next_probe = 60'000ms;
    return Result<HttpResponse>{
        Failure{.kind = FailureClass::transient, .code = "connection_refused"}};
  };
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::call_refused) == 9; }));
  EXPECT_EQ(rig.trace.last(Trace::call_refused).code, "provider_down");
  EXPECT_EQ(writes(rig), 1);
}

TEST(EngineTurns, ADrainDoesNotWaitForTurns) {
  Rig rig;
  rig.store.enqueue("a");
  rig.store.blocks.assign(30, {.ask_again = 5'000ms});
  rig.start();
  ASSERT_TRUE(rig.until([&] { return rig.trace.count(Trace::leased) == 1; }));
  const Instant asked = rig.clock.now();
  rig.engine->drain();
  ASSERT_TRUE(rig.until_ended());
  EXPECT_LT(rig.clock.now() - asked, 100ms);
  EXPECT_EQ(rig.trace.last(Trace::call_refused).code, "draining");
}

}  // namespace
}  // namespace rolecall::test
