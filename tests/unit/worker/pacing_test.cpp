#include "worker/core/pacing.hpp"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

constexpr Instant kNow{1h};

TEST(RetryPace, DoublesUpToItsLastPause) {
  RetryPace pace{20ms, 1s};
  EXPECT_EQ(pace.failed(kNow, 0.0), kNow + 10ms);
  EXPECT_EQ(pace.failed(kNow, 0.0), kNow + 20ms);
  for (int i = 0; i < 1'000; ++i) pace.failed(kNow, 0.0);
  EXPECT_EQ(pace.failed(kNow, 0.0), kNow + 500ms);
  EXPECT_LE(pace.failed(kNow, 0.999), kNow + 1s);
}

TEST(RetryPace, NeverAnswersAtOnceSoThatAFailureCannotSpin) {
  RetryPace pace{20ms, 1s};
  EXPECT_GT(pace.failed(kNow, 0.0), kNow);
}

TEST(RetryPace, StartsAnewAfterASuccess) {
  RetryPace pace{20ms, 1s};
  for (int i = 0; i < 5; ++i) pace.failed(kNow, 0.5);
  pace.succeeded();
  EXPECT_EQ(pace.failed(kNow, 0.0), kNow + 10ms);
}

}  // namespace
}  // namespace rolecall
