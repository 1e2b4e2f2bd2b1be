#include "outbox/core/backoff.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace rolecall {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

constexpr BackoffPolicy kPolicy{1s, 6h};

TEST(BackoffPolicy, OpensItsWindowFromOneSecondByDoublingUpToSixHours) {
  EXPECT_EQ(window(kPolicy, 0), 1s);
  EXPECT_EQ(window(kPolicy, 1), 2s);
  EXPECT_EQ(window(kPolicy, 10), 1024s);
  EXPECT_EQ(window(kPolicy, 14), 16384s);
  EXPECT_EQ(window(kPolicy, 15), 6h);
}

TEST(BackoffPolicy, DoesNotOverflowAfterAThousandAttempts) {
  EXPECT_EQ(window(kPolicy, 1'000), 6h);
  EXPECT_EQ(window(kPolicy, std::numeric_limits<int>::max()), 6h);
}

TEST(BackoffPolicy, DrawsFromTheWholeWindowAndNeverBeyondIt) {
  for (int attempts = 0; attempts < 40; ++attempts) {
    const Millis whole = window(kPolicy, attempts);
    EXPECT_EQ(full_jitter(kPolicy, attempts, 0.0), 0ms);
    EXPECT_EQ(full_jitter(kPolicy, attempts, 0.5), whole / 2);
    const Millis nearly = full_jitter(kPolicy, attempts, 0.999'999);
    EXPECT_LE(nearly, whole);
    EXPECT_GE(nearly, whole - whole / 1'000);
  }
}

TEST(BackoffPolicy, GrowsWithEveryFractionAndEveryAttempt) {
  for (int attempts = 0; attempts < 20; ++attempts)
    for (double f = 0.0; f < 0.9; f += 0.1) {
      EXPECT_LE(full_jitter(kPolicy, attempts, f), full_jitter(kPolicy, attempts, f + 0.1));
      EXPECT_LE(full_jitter(kPolicy, attempts, f), full_jitter(kPolicy, attempts + 1, f));
    }
}

TEST(BackoffPolicy, TakesAFractionOutsideItsRangeForTheNearestEnd) {
  EXPECT_EQ(full_jitter(kPolicy, 3, -1.0), 0ms);
  EXPECT_EQ(full_jitter(kPolicy, 3, 2.0), 8s);
}

TEST(BackoffPolicy, NeverComesBackBeforeRetryAfter) {
  for (double f : {0.0, 0.25, 0.999}) {
    EXPECT_GE(obey(kPolicy, 0ms, 30s, f), 30s);
    EXPECT_LE(obey(kPolicy, 0ms, 30s, f), 31s);
  }
}

TEST(BackoffPolicy, ObeysRetryAfterBeyondItsOwnCap) {
  EXPECT_GE(obey(kPolicy, full_jitter(kPolicy, 30, 0.9), 24h, 0.9), 24h);
}

TEST(BackoffPolicy, KeepsItsOwnLongerWaitWhenRetryAfterIsShort) {
  EXPECT_EQ(obey(kPolicy, 1h, 2s, 0.5), 1h);
}

TEST(BackoffPolicy, SpreadsThoseWhoWereToldTheSameSecond) {
  EXPECT_NE(obey(kPolicy, 0ms, 10s, 0.1), obey(kPolicy, 0ms, 10s, 0.8));
}

TEST(BackoffPolicy, LeavesTheWaitAloneWhenNothingWasAsked) {
  EXPECT_EQ(obey(kPolicy, 123ms, std::nullopt, 0.5), 123ms);
}

TEST(BackoffPolicy, BoundsAnAbsurdRetryAfterInsteadOfOverflowing) {
  EXPECT_EQ(obey(kPolicy, 0ms, Millis::max(), 0.0), std::chrono::hours{24 * 366});
}

}  // namespace
}  // namespace rolecall
