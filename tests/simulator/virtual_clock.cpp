// The simulator's own time and executors.
#include "tests/sim/virtual_clock.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace rolecall::sim {
namespace {

Instant at_ms(int ms) {
  return Instant{Millis{ms}};
}

// Notes the moment at which each wait ended.
Task<void> wait_and_note(Clock& clock, Timer& timer, Instant until, std::vector<Instant>& notes) {
  co_await timer.wait_until(until);
  notes.push_back(clock.now());
}

struct Stage {
  VirtualTime time{};
  Gate gate{time};
  VirtualClock clock{time};
  std::vector<Instant> notes{};

  void wait(Timer& timer, Instant until) {
    boost::asio::co_spawn(GateExecutor{gate}, wait_and_note(clock, timer, until, notes),
                          boost::asio::detached);
  }
  void run_out() {
    while (time.step()) {
    }
  }
};

TEST(VirtualTime, PassesOnlyWhenNothingIsLeftToDo) {
  Stage stage;
  const auto late = stage.clock.make_timer();
  const auto early = stage.clock.make_timer();
  stage.wait(*late, at_ms(60'000));
  stage.wait(*early, at_ms(10));
  stage.run_out();
  ASSERT_EQ(stage.notes.size(), 2U);
  EXPECT_LT(stage.notes[0], at_ms(11));
  EXPECT_GE(stage.notes[0], at_ms(10));
  EXPECT_GE(stage.notes[1], at_ms(60'000));
}

TEST(VirtualTime, ACancelEndsTheWaitAtOnce) {
  Stage stage;
  const auto timer = stage.clock.make_timer();
  stage.wait(*timer, Instant::max());
  stage.time.book(Millis{5}, [&] { timer->cancel(); });
  stage.run_out();
  ASSERT_EQ(stage.notes.size(), 1U);
  EXPECT_EQ(stage.notes[0], at_ms(5));
}

TEST(VirtualTime, ACancelBeforeTheWaitIsRememberedForOneWait) {
  Stage stage;
  const auto timer = stage.clock.make_timer();
  timer->cancel();
  stage.wait(*timer, at_ms(7));
  stage.run_out();
  stage.wait(*timer, at_ms(9));
  stage.run_out();
  ASSERT_EQ(stage.notes.size(), 2U);
  EXPECT_EQ(stage.notes[0], at_ms(0));
  EXPECT_GE(stage.notes[1], at_ms(9));
}

TEST(VirtualTime, AFrozenProcessGoesOnWhereItStoodAndTimeHasPassed) {
  Stage stage;
  const auto timer = stage.clock.make_timer();
  stage.wait(*timer, at_ms(10));
  stage.time.book(Millis{1}, [&] { stage.gate.freeze(); });
  stage.time.book(Millis{500}, [&] { stage.gate.thaw(); });
  stage.run_out();
  ASSERT_EQ(stage.notes.size(), 1U);
  EXPECT_EQ(stage.notes[0], at_ms(500));
}

TEST(VirtualTime, ASkewedClockWaitsByItsOwnMeasure) {
  VirtualTime time;
  VirtualClock slow(time, {.offset = Millis{1'000}, .rate = 0.5});
  EXPECT_EQ(slow.now(), at_ms(1'000));
  EXPECT_GE(slow.moment_of(at_ms(2'000)), Millis{2'000});
  EXPECT_LT(slow.moment_of(at_ms(2'000)), Millis{2'001});
}

}  // namespace
}  // namespace rolecall::sim
