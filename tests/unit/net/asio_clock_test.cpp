#include "worker/net/asio_clock.hpp"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <ctime>

#include "tests/unit/net/loopback.hpp"
#include "worker/net/system_random.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;
constexpr Millis kVeryLong{3'600'000};

struct AsioClockTest : ::testing::Test {
  asio::io_context io;
  AsioClock clock{io.get_executor()};
  std::unique_ptr<Timer> timer = clock.make_timer();

  Task<std::chrono::microseconds> wait(Millis span) {
    const auto begun = clock.now();
    co_await timer->wait_until(begun + span);
    co_return clock.now() - begun;
  }
};

TEST_F(AsioClockTest, ReturnsWhenTheTimeHasCome) {
  EXPECT_GE(testing::run(io, wait(Millis{20})), Millis{20});
}

// A lease goes on while the machine sleeps; so must the clock that says when it ends.
TEST_F(AsioClockTest, CountsTheTimeThatTheMachineSlept) {
  const auto boot_time = [] {
    std::timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
  };
  const auto before = boot_time();
  const auto told = clock.now().time_since_epoch();
  EXPECT_GE(told + std::chrono::microseconds{1}, before);
  EXPECT_LE(told, boot_time());
}

TEST_F(AsioClockTest, ACancelEndsTheWait) {
  asio::post(io, [&] { asio::post(io, [&] { timer->cancel(); }); });
  EXPECT_LT(testing::run(io, wait(kVeryLong)), Millis{5'000});
}

TEST_F(AsioClockTest, ACancelBeforeTheWaitIsRememberedOnce) {
  timer->cancel();
  EXPECT_LT(testing::run(io, wait(kVeryLong)), Millis{5'000});
  EXPECT_GE(testing::run(io, wait(Millis{20})), Millis{20});
}

TEST_F(AsioClockTest, TwoCancelsEndOneWait) {
  timer->cancel();
  timer->cancel();
  EXPECT_LT(testing::run(io, wait(kVeryLong)), Millis{5'000});
  EXPECT_GE(testing::run(io, wait(Millis{20})), Millis{20});
}

TEST_F(AsioClockTest, TheEndOfTimeIsNoOverflow) {
  asio::post(io, [&] { asio::post(io, [&] { timer->cancel(); }); });
  const auto wait_for_ever = [&]() -> Task<bool> {
    co_await timer->wait_until(Instant::max());
    co_return true;
  };
  bool over = false;
  asio::co_spawn(io, wait_for_ever(), [&](std::exception_ptr, bool) { over = true; });
  io.poll_one();
  EXPECT_FALSE(over);
  testing::run_until(io, [&] { return over; });
}

TEST_F(AsioClockTest, ATimerMayGoWhileItIsWaitedFor) {
  bool over = false;
  asio::co_spawn(io, wait(kVeryLong), [&](std::exception_ptr, auto) { over = true; });
  io.poll();
  timer.reset();
  testing::run_until(io, [&] { return over; });
}

TEST(SystemRandom, StaysBelowOneAndIsNotConstant) {
  SystemRandom random;
  double lowest = 1;
  double highest = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto f = random.fraction();
    ASSERT_GE(f, 0);
    ASSERT_LT(f, 1);
    lowest = std::min(lowest, f);
    highest = std::max(highest, f);
  }
  EXPECT_LT(lowest, 0.05);
  EXPECT_GT(highest, 0.95);
}

}  // namespace
}  // namespace rolecall
