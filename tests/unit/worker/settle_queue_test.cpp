#include "worker/core/settle_queue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rolecall {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

constexpr Instant kNow{1h};
const Failure kAway{.kind = FailureClass::unavailable, .code = "08006"};
const Failure kRefused{.kind = FailureClass::bug, .code = "22P02"};

SettleEntry entry(int number, WorkerId worker = WorkerId{1}) {
  SettleEntry e;
  e.worker = worker;
  e.lease_end = kNow + 30s;
  e.settlement.subject = Subject{std::to_string(number)};
  e.settlement.token = LeaseToken{number};
  return e;
}

SettleQueue with(int count) {
  SettleQueue queue{Limits{}};
  for (int i = 1; i <= count; ++i) queue.add(entry(i));
  return queue;
}

std::vector<Settled> all(SettleResult result, const SettleNext& next) {
  std::vector<Settled> answers;
  for (const Settlement& s : next.batch) answers.push_back({s.subject, s.token, result});
  return answers;
}

TEST(SettleQueue, HasNothingToSayWhenEmpty) {
  SettleQueue queue{Limits{}};
  const SettleNext next = queue.next(kNow);
  EXPECT_TRUE(next.batch.empty());
  EXPECT_FALSE(next.look_again);
}

TEST(SettleQueue, SendsAtMostABatchAndOneAtATime) {
  SettleQueue queue = with(501);
  EXPECT_EQ(queue.next(kNow).batch.size(), 500u);
  EXPECT_TRUE(queue.next(kNow).batch.empty());
  EXPECT_EQ(queue.size(), 501u);
}

TEST(SettleQueue, DoesNotMixTheResultsOfTwoSessions) {
  SettleQueue queue{Limits{}};
  queue.add(entry(1, WorkerId{1}));
  queue.add(entry(2, WorkerId{2}));
  queue.add(entry(3, WorkerId{1}));
  const SettleNext first = queue.next(kNow);
  EXPECT_EQ(first.worker, WorkerId{1});
  EXPECT_EQ(first.batch.size(), 2u);
  queue.answered(kNow, all(SettleResult::ok, first));
  EXPECT_EQ(queue.next(kNow).worker, WorkerId{2});
}

TEST(SettleQueue, ForgetsWhatIsRecordedAndWhatIsStale) {
  SettleQueue queue = with(2);
  const SettleNext next = queue.next(kNow);
  auto answers = all(SettleResult::ok, next);
  answers[1].result = SettleResult::stale;
  const auto ends = queue.answered(kNow, answers);
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(ends[0].result, SettleResult::ok);
  EXPECT_EQ(ends[1].result, SettleResult::stale);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(SettleQueue, SettlesABusyRowAgainAfterTwoMilliseconds) {
  SettleQueue queue = with(1);
  queue.answered(kNow, all(SettleResult::busy, queue.next(kNow)));
  EXPECT_EQ(queue.size(), 1u);
  const SettleNext waiting = queue.next(kNow);
  EXPECT_TRUE(waiting.batch.empty());
  EXPECT_EQ(waiting.look_again, kNow + 2ms);
  EXPECT_EQ(queue.next(kNow + 2ms).batch.size(), 1u);
}

TEST(SettleQueue, TakesABusyRowAlongWithTheNextBatch) {
  SettleQueue queue = with(1);
  queue.answered(kNow, all(SettleResult::busy, queue.next(kNow)));
  queue.add(entry(2));
  EXPECT_EQ(queue.next(kNow).batch.size(), 2u);
}

TEST(SettleQueue, AsksLessOftenForARowThatStaysBusyButNeverSeldom) {
  SettleQueue queue = with(1);
  Instant now = kNow;
  Millis pause{0};
  for (int i = 0; i < 12; ++i) {
    queue.answered(now, all(SettleResult::busy, queue.next(now)));
    const auto again = queue.next(now).look_again;
    ASSERT_TRUE(again);
    pause = std::chrono::duration_cast<Millis>(*again - now);
    EXPECT_LE(pause, 50ms);
    now = *again;
  }
  EXPECT_EQ(pause, 50ms);
}

TEST(SettleQueue, RepeatsTheWholeBatchWhenTheStoreIsAway) {
  SettleQueue queue = with(3);
  EXPECT_EQ(queue.next(kNow).batch.size(), 3u);
  queue.failed(kNow, kAway, 0.5);
  const SettleNext waiting = queue.next(kNow);
  EXPECT_TRUE(waiting.batch.empty());
  ASSERT_TRUE(waiting.look_again);
  EXPECT_GT(*waiting.look_again, kNow);
  EXPECT_EQ(queue.next(*waiting.look_again).batch.size(), 3u);
}

TEST(SettleQueue, FindsTheOneResultThatTheStoreRefusesAndRecordsTheOthers) {
  SettleQueue queue = with(100);
  Instant now = kNow;
  int recorded = 0;
  for (int i = 0; i < 200 && queue.size() > 1; ++i) {
    const SettleNext next = queue.next(now);
    if (next.batch.empty()) {
      now = *next.look_again;
      continue;
    }
    bool bad = false;
    for (const Settlement& s : next.batch) bad = bad || s.token == LeaseToken{37};
    if (bad) {
      queue.failed(now, kRefused, 0.5);
    } else {
      recorded += static_cast<int>(queue.answered(now, all(SettleResult::ok, next)).size());
    }
  }
  EXPECT_EQ(recorded, 99);
  EXPECT_EQ(queue.size(), 1u);
}

TEST(SettleQueue, DropsAResultOnlyAfterItsLeaseIsOver) {
  SettleQueue queue = with(1);
  queue.next(kNow);
  queue.failed(kNow, kAway, 0.5);
  EXPECT_TRUE(queue.expired(kNow + 30s - 1ms).empty());
  EXPECT_EQ(queue.expired(kNow + 30s).size(), 1u);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(SettleQueue, TriesALateResultOnceBeforeItIsDropped) {
  SettleQueue queue = with(1);
  EXPECT_TRUE(queue.expired(kNow + 1h).empty());
  EXPECT_EQ(queue.next(kNow + 1h).batch.size(), 1u);
}

TEST(SettleQueue, KeepsNoResultBeyondTheDrain) {
  SettleQueue queue = with(1);
  queue.next(kNow);
  queue.failed(kNow, kAway, 0.5);
  queue.finish_by(kNow + 10s);
  EXPECT_TRUE(queue.expired(kNow + 10s - 1ms).empty());
  EXPECT_EQ(queue.expired(kNow + 10s).size(), 1u);
}

}  // namespace
}  // namespace rolecall
