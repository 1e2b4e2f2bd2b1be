#include "tests/unit/worker/scheduler_story.hpp"

namespace rolecall::test {
namespace {

TEST_F(SchedulerStory, LooksWhenWhatItSettledIsDueAgain) {
  fall_asleep();
  scheduler->settled(at.now, 300ms);
  pass(10ms);
  ASSERT_EQ(answer_with_nothing().step, Step::wait);
  scheduler->looked(at.now, {.next_due = 290ms});
  pass(289ms);
  do_chores();
  EXPECT_EQ(next().until, at.now + 1ms);
  pass(1ms);
  EXPECT_EQ(step(), Step::idle_look);
}

TEST_F(SchedulerStory, LooksForDeadWorkersEvery200MillisecondsWhileOthersHoldLeases) {
  EXPECT_EQ(step(), Step::rescue);
  scheduler->rescued(at.now, {.others_hold_leases = true});
  pass(199ms);
  EXPECT_NE(step(), Step::rescue);
  pass(1ms);
  EXPECT_EQ(step(), Step::rescue);
}

TEST_F(SchedulerStory, LooksForDeadWorkersAtOnceWhenALookShowsThatOthersHoldLeases) {
  fall_asleep();
  pass(1s);
  do_chores();
  const Action asked = next();
  ASSERT_EQ(asked.step, Step::idle_look);
  scheduler->idle_looked(at.now, {.next = {.others_hold_leases = true}}, asked);
  EXPECT_EQ(step(), Step::rescue);
}

TEST_F(SchedulerStory, LeasesWhatARescueFreed) {
  fall_asleep();
  pass(1s);
  do_chores();
  scheduler->looked(at.now, {.others_hold_leases = true});
  scheduler->rescued(at.now, {.lanes_freed = 5, .others_hold_leases = true});
  EXPECT_EQ(step(), Step::lease);
}

TEST_F(SchedulerStory, LooksOnceMoreUnderTheLockBeforeItSleeps) {
  settle_down();
  EXPECT_EQ(step(), Step::begin_sleep);
  scheduler->sleep_begun(at.now, true);
  EXPECT_FALSE(scheduler->sleeping());
  EXPECT_EQ(step(), Step::look);
  scheduler->looked(at.now, {.work_now = true});
  EXPECT_EQ(step(), Step::take_in);
}

TEST_F(SchedulerStory, LooksOnceAfterWhatItDidInItsSleep) {
  fall_asleep();
  scheduler->settled(at.now, std::nullopt);
  pass(10ms);
  int looks = 0;
  Action a = next();
  for (; answer_nothing(a); a = next())
    if (a.step == Step::look) ++looks;
  EXPECT_EQ(a.step, Step::wait);
  EXPECT_EQ(looks, 1);
  EXPECT_TRUE(scheduler->sleeping());
}

TEST_F(SchedulerStory, OnlyReadsWhereOnlyReadsAreDue) {
  fall_asleep();
  pass(1s);
  do_chores();
  scheduler->looked(at.now, {.work_now = true, .only_reads = true});
  const Action read = next();
  EXPECT_EQ(read.step, Step::read);
  scheduler->took_reads(at.now, read.limit, read.limit);
  at.reads = read.limit;
  EXPECT_NE(step(), Step::read) << "no place is left";
  EXPECT_NE(step(), Step::take_in);
  at.reads = 0;
  EXPECT_EQ(step(), Step::read);
}

TEST_F(SchedulerStory, AsksOneQueryASecondWhileNothingIsDue) {
  fall_asleep();
  int queries = 0;
  int upkeeps = 0;
  const Instant end = at.now + 150s;
  while (at.now < end) {
    const Action a = next();
    if (a.step == Step::wait) {
      ASSERT_GT(a.until, at.now);
      at.now = a.until;
      continue;
    }
    ++queries;
    if (a.maintain) ++upkeeps;
    ASSERT_TRUE(answer_nothing(a));
  }
  EXPECT_LE(queries, 150);  // wake, rescue and upkeep go with the look
  EXPECT_GE(queries, 148);
  EXPECT_GE(upkeeps, 2);
  EXPECT_TRUE(scheduler->sleeping());
}

TEST_F(SchedulerStory, DoesItsChoresOneByOneWhileTheirCommonStatementFails) {
  fall_asleep();
  pass(1s);
  ASSERT_EQ(step(), Step::idle_look);
  scheduler->failed(Step::idle_look, at.now, 1.0);
  EXPECT_EQ(step(), Step::wake);
  do_chores();
  EXPECT_EQ(step(), Step::look);
  scheduler->looked(at.now, {});
  pass(1s);
  EXPECT_EQ(step(), Step::idle_look);
}

TEST_F(SchedulerStory, WakesFromAnIdleLookThatFreedLanesOrFoundThatAWaitIsOver) {
  for (const IdleLook& found : {IdleLook{.woken = 1}, IdleLook{.rescue = {.lanes_freed = 1}}}) {
    fall_asleep();
    pass(1s);
    const Action asked = next();
    ASSERT_EQ(asked.step, Step::idle_look);
    scheduler->idle_looked(at.now, found, asked);
    EXPECT_EQ(step(), Step::lease);
    scheduler->leased(at.now, leases(0), 1);
    scheduler->sleep_ended(at.now);
  }
}

TEST_F(SchedulerStory, AfterASettleItWakesAtOnceHoweverDeepItSleeps) {
  fall_asleep();
  pass(500ms);
  scheduler->settled(at.now, std::nullopt);
  EXPECT_EQ(step(), Step::wake);
}

TEST_F(SchedulerStory, TakesARowNowAndThenWithTheLockInHand) {
  fall_asleep();
  for (int row = 0; row < 3; ++row) {
    scheduler->notified(at.now);
    EXPECT_EQ(step(), Step::take_in);
    scheduler->took_in(at.now, 1, limits.intake_batch);
    EXPECT_EQ(step(), Step::lease);
    scheduler->leased(at.now, leases(1), limits.lease_batch);
    pass(20ms);
  }
  EXPECT_TRUE(scheduler->sleeping());
}

// Each enqueuer would notify, and NOTIFY makes their commits wait for each other.
TEST_F(SchedulerStory, GivesTheLockBackBeforeASecondRowWithin20Milliseconds) {
  fall_asleep();
  scheduler->notified(at.now);
  ASSERT_EQ(step(), Step::take_in);
  scheduler->took_in(at.now, 1, limits.intake_batch);
  ASSERT_EQ(step(), Step::lease);
  scheduler->leased(at.now, leases(1), limits.lease_batch);
  pass(19ms);
  scheduler->notified(at.now);
  EXPECT_EQ(step(), Step::end_sleep);
  scheduler->sleep_ended(at.now);
  EXPECT_EQ(step(), Step::take_in);
  EXPECT_FALSE(scheduler->sleeping());
}

TEST_F(SchedulerStory, LooksEvery20MillisecondsForASecondWhenTheLockIsRefused) {
  settle_down();
  const Instant begun = at.now;
  int looks = 0;
  while (!scheduler->sleeping() && at.now < begun + 3s) {
    const Action a = next();
    if (a.step == Step::begin_sleep) scheduler->sleep_begun(at.now, false);
    if (a.step == Step::rescue) scheduler->rescued(at.now, {});
    if (a.step == Step::wake) scheduler->woke(at.now, 0, a.limit);
    if (a.step == Step::maintain) scheduler->maintained(at.now);
    if (a.step == Step::look) {
      scheduler->looked(at.now, {});
      ++looks;
    }
    EXPECT_NE(a.step, Step::idle_look);
    if (a.step == Step::wait) {
      EXPECT_LE(a.until - at.now, 20ms);
      at.now = a.until;
    }
  }
  EXPECT_EQ(at.now - begun, 1s);
  EXPECT_EQ(looks, 50);
  EXPECT_EQ(step(), Step::wait);
}

TEST_F(SchedulerStory, TriesForTheLockAgainAtEachPollOnceItSleepsWithoutIt) {
  settle_down();
  scheduler->sleep_begun(at.now, false);
  pass(1s);
  scheduler->sleep_begun(at.now, false);
  ASSERT_TRUE(scheduler->sleeping());
  answer_with_nothing();
  pass(1s);
  EXPECT_EQ(answer_with_nothing().step, Step::begin_sleep);
  scheduler->sleep_begun(at.now, false);
  EXPECT_TRUE(scheduler->sleeping());
  EXPECT_EQ(step(), Step::wait);
}

TEST_F(SchedulerStory, IsNotKeptAwakeByWorkThatNobodyCanTake) {
  settle_down();
  const NextDue stuck{.work_now = true, .next_due = 0ms};
  int statements = 0;
  const Instant end = at.now + 10s;
  while (at.now < end) {
    const Action a = next();
    ++statements;
    if (a.step == Step::begin_sleep)
      scheduler->sleep_begun(at.now, true);
    else if (!answer_nothing(a, stuck))
      at.now = std::max(a.until, at.now + 1us);
    ASSERT_LT(statements, 400) << "it spins";
  }
}

// What nobody can take hides a row that was committed, without a word, after the last lease and
// before the lock was ours: the look cannot tell one from the other.
TEST_F(SchedulerStory, TriesOnceMoreUnderTheLockWhatALookThatIsNotBelievedFound) {
  settle_down();
  const NextDue stuck{.work_now = true, .next_due = 0ms};
  scheduler->looked(at.now, stuck);  // believed: nothing came of it
  ASSERT_EQ(answer_with_nothing().step, Step::begin_sleep);
  scheduler->sleep_begun(at.now, true);
  ASSERT_EQ(step(), Step::look);
  scheduler->looked(at.now, stuck);
  EXPECT_EQ(step(), Step::take_in);
  const Action rest = answer_with_nothing();
  EXPECT_EQ(rest.step, Step::wait);
  EXPECT_EQ(rest.until, at.now + Millis{limits.sleep_refused_ms});
  EXPECT_TRUE(scheduler->sleeping());
}

TEST_F(SchedulerStory, ForgetsItsSleepWhenTheSessionIsLost) {
  fall_asleep();
  at.session_open = false;
  EXPECT_EQ(step(), Step::wait);
  EXPECT_FALSE(scheduler->sleeping());
}

}  // namespace
}  // namespace rolecall::test
