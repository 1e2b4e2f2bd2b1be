#include "worker/core/session_watch.hpp"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using Step = SessionWatch::Step;

constexpr Instant kStart{1h};
constexpr WorkerId kWorker{4};
constexpr bool kBusy = true;
constexpr bool kIdle = false;

SessionWatch opened_at(Instant at) {
  SessionWatch watch{Limits{}};
  watch.opened(kWorker, at);
  return watch;
}

TEST(SessionWatch, OpensASessionFirst) {
  const SessionWatch watch{Limits{}};
  EXPECT_EQ(watch.next(kStart, kIdle).step, Step::open);
  EXPECT_FALSE(watch.worker());
  EXPECT_FALSE(watch.young(kStart));
}

TEST(SessionWatch, VerifiesEvery250MillisecondsWhileLeasesAreHeld) {
  SessionWatch watch = opened_at(kStart);
  EXPECT_EQ(watch.next(kStart + 249ms, kBusy).step, Step::wait);
  EXPECT_EQ(watch.next(kStart + 249ms, kBusy).until, kStart + 250ms);
  EXPECT_EQ(watch.next(kStart + 250ms, kBusy).step, Step::verify);
}

TEST(SessionWatch, SeldomVerifiesWhileNoLeaseIsHeld) {
  SessionWatch watch = opened_at(kStart);
  EXPECT_EQ(watch.next(kStart + 299s, kIdle).step, Step::wait);
  EXPECT_EQ(watch.next(kStart + 300s, kIdle).step, Step::verify);
}

TEST(SessionWatch, CountsAProofFromTheMomentOfAskingNotOfTheAnswer) {
  SessionWatch watch = opened_at(kStart);
  watch.asked(kStart + 250ms);
  // The answer took 400 ms: the session may have ended right after it left.
  EXPECT_TRUE(watch.verified(kWorker, kStart + 250ms, true));
  EXPECT_TRUE(watch.good(kWorker, kStart + 750ms));
  EXPECT_FALSE(watch.good(kWorker, kStart + 751ms));
}

TEST(SessionWatch, TakesNoLeaseUnderAProofThatIsAboutToExpire) {
  const SessionWatch watch = opened_at(kStart);
  EXPECT_TRUE(watch.young(kStart + 400ms));
  EXPECT_FALSE(watch.young(kStart + 401ms));
  EXPECT_TRUE(watch.good(kWorker, kStart + 401ms));
}

TEST(SessionWatch, IsNotGoodForTheLeasesOfAnEarlierSession) {
  SessionWatch watch = opened_at(kStart);
  watch.lose();
  watch.opened(WorkerId{5}, kStart);
  EXPECT_FALSE(watch.good(kWorker, kStart));
  EXPECT_TRUE(watch.good(WorkerId{5}, kStart));
}

TEST(SessionWatch, IsOverWhenTheDatabaseSaysSo) {
  SessionWatch watch = opened_at(kStart);
  EXPECT_FALSE(watch.verified(kWorker, kStart + 250ms, false));
}

TEST(SessionWatch, IgnoresAnAnswerAboutASessionThatItGaveUp) {
  SessionWatch watch = opened_at(kStart);
  EXPECT_TRUE(watch.verified(WorkerId{3}, kStart, false));
  EXPECT_EQ(watch.worker(), kWorker);
}

TEST(SessionWatch, GivesUpASessionThatNobodyAnswersForAndAsksOftenUntilThen) {
  SessionWatch watch = opened_at(kStart);
  watch.asked(kStart + 5s);
  EXPECT_EQ(watch.next(kStart + 5'250ms, kIdle).step, Step::verify);
  watch.asked(kStart + 5'250ms);
  EXPECT_EQ(watch.next(kStart + 6'999ms, kIdle).step, Step::verify);
  EXPECT_EQ(watch.next(kStart + 7s, kIdle).step, Step::give_up);
  watch.lose();
  EXPECT_EQ(watch.next(kStart + 7s, kIdle).step, Step::open);
}

TEST(SessionWatch, ForgetsAnUnansweredQuestionOnceAnotherIsAnsweredWell) {
  SessionWatch watch = opened_at(kStart);
  watch.asked(kStart + 1s);
  watch.asked(kStart + 2s);
  EXPECT_TRUE(watch.verified(kWorker, kStart + 2s, true));
  EXPECT_EQ(watch.next(kStart + 3'500ms, kIdle).step, Step::wait);
}

TEST(SessionWatch, OpensAgainWithGrowingPauses) {
  SessionWatch watch{Limits{}};
  watch.open_failed(kStart, 0.5);
  const auto first = watch.next(kStart, kIdle);
  ASSERT_EQ(first.step, Step::wait);
  EXPECT_GT(first.until, kStart);
  watch.open_failed(first.until, 0.5);
  const auto second = watch.next(first.until, kIdle);
  EXPECT_GT(second.until - first.until, first.until - kStart);
  EXPECT_EQ(watch.next(second.until, kIdle).step, Step::open);
}

}  // namespace
}  // namespace rolecall
