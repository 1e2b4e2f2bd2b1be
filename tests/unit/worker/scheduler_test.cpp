#include "tests/unit/worker/scheduler_story.hpp"

namespace rolecall::test {
namespace {

TEST_F(SchedulerStory, WaitsForASessionBeforeItDoesAnything) {
  at.session_open = false;
  EXPECT_EQ(step(), Step::wait);
}

TEST_F(SchedulerStory, TakesEverythingInBeforeItLeases) {
  EXPECT_EQ(step(), Step::rescue);
  scheduler->rescued(at.now, {});
  EXPECT_EQ(step(), Step::wake);
  scheduler->woke(at.now, 0, 1'000);
  for (int i = 0; i < 3; ++i) {
    const Action intake = next();
    EXPECT_EQ(intake.step, Step::take_in);
    EXPECT_EQ(intake.limit, 1'000);
    scheduler->took_in(at.now, 1'000, intake.limit);
  }
  scheduler->took_in(at.now, 10, 1'000);
  const Action lease = next();
  EXPECT_EQ(lease.step, Step::lease);
  EXPECT_EQ(lease.limit, 64);
}

TEST_F(SchedulerStory, LetsALeaseHaveItsTurnInAFloodThatNeverEnds) {
  scheduler->rescued(at.now, {});
  scheduler->woke(at.now, 0, 1'000);
  int intakes = 0;
  while (step() == Step::take_in && intakes < 100) {
    scheduler->took_in(at.now, 1'000, 1'000);
    ++intakes;
  }
  EXPECT_EQ(step(), Step::lease);
  EXPECT_EQ(intakes, limits.intake_rounds);
}

TEST_F(SchedulerStory, LeasesNoMoreThanItCanStart) {
  at.deliveries = 40;
  at.reads = 4;
  scheduler->rescued(at.now, {});
  scheduler->woke(at.now, 0, 1'000);
  scheduler->took_in(at.now, 0, 1'000);
  EXPECT_EQ(next().limit, 20);
  at.deliveries = 60;
  EXPECT_NE(step(), Step::lease);
}

TEST_F(SchedulerStory, LeasesNoMoreThanCouldBeSettledWhileResultsCannotBeRecorded) {
  scheduler->rescued(at.now, {});
  scheduler->woke(at.now, 0, 1'000);
  scheduler->took_in(at.now, 0, 1'000);
  at.unsettled = 64 + 500 - 3;
  EXPECT_EQ(next().limit, 3);
  at.unsettled = 64 + 500;
  EXPECT_NE(step(), Step::lease);
}

TEST_F(SchedulerStory, GathersPlacesInsteadOfAskingForEachOne) {
  scheduler->rescued(at.now, {});
  scheduler->woke(at.now, 0, 1'000);
  scheduler->took_in(at.now, 0, 1'000);
  scheduler->reduced(at.now, 0, 100, false);
  scheduler->leased(at.now, leases(64), 64);
  at.deliveries = 63;
  EXPECT_EQ(next().until, at.now + 5ms);
  at.deliveries = 48;
  EXPECT_EQ(step(), Step::lease);
  at.deliveries = 63;  // the others are stalled: one place is used all the same
  pass(5ms);
  EXPECT_EQ(next().limit, 1);
}

TEST_F(SchedulerStory, ProvesTheSessionBeforeItLeases) {
  at.session_young = false;
  scheduler->rescued(at.now, {});
  scheduler->woke(at.now, 0, 1'000);
  scheduler->took_in(at.now, 0, 1'000);
  EXPECT_EQ(step(), Step::check_session);
  at.session_young = true;
  scheduler->session_checked(at.now);
  EXPECT_EQ(step(), Step::lease);
}

TEST_F(SchedulerStory, DoesNotSpinOnASessionThatCannotBeProved) {
  at.session_young = false;
  EXPECT_EQ(answer_with_nothing().step, Step::check_session);
  scheduler->failed(Step::check_session, at.now, 0.5);
  const Action then = answer_with_nothing();
  EXPECT_EQ(then.step, Step::wait);
  EXPECT_GT(then.until, at.now);
}

TEST_F(SchedulerStory, WakesAndReducesAfterASettle) {
  fall_asleep();
  pass(50ms);
  scheduler->settled(at.now, std::nullopt);
  EXPECT_EQ(step(), Step::wake);
  scheduler->woke(at.now, 0, 1'000);
  EXPECT_EQ(step(), Step::reduce);
}

TEST_F(SchedulerStory, KeepsAPauseBetweenTheChoresOfManySettles) {
  fall_asleep();
  pass(50ms);
  scheduler->settled(at.now, std::nullopt);
  scheduler->woke(at.now, 0, 1'000);
  scheduler->sleep_ended(at.now);
  scheduler->reduced(at.now, 0, 100, false);
  scheduler->settled(at.now, std::nullopt);
  EXPECT_NE(step(), Step::wake);
  EXPECT_NE(step(), Step::reduce);
  pass(10ms);
  EXPECT_EQ(step(), Step::wake);
}

TEST_F(SchedulerStory, LeasesAtOnceWhatASettleMadeDueAtOnce) {
  settle_down();
  scheduler->settled(at.now, 0ms);
  EXPECT_EQ(step(), Step::lease);
}

TEST_F(SchedulerStory, ReducesUntilNothingIsLeftAndTakesInWhatThatWrote) {
  settle_down();
  scheduler->settled(at.now, std::nullopt);
  scheduler->woke(at.now, 0, 1'000);
  pass(10ms);
  scheduler->woke(at.now, 0, 1'000);
  EXPECT_EQ(step(), Step::reduce);
  scheduler->reduced(at.now, 100, 100, true);
  EXPECT_EQ(step(), Step::take_in);
  scheduler->took_in(at.now, 0, 1'000);
  EXPECT_EQ(step(), Step::lease);
  scheduler->leased(at.now, leases(0), 64);
  EXPECT_EQ(step(), Step::reduce);
}

TEST_F(SchedulerStory, ReducesFewAtATimeWhileTheNextLeaseWaitsForIt) {
  settle_down();
  scheduler->settled(at.now, 0ms);  // one of the batch is due again at once
  scheduler->woke(at.now, 0, 1'000);
  pass(10ms);
  scheduler->woke(at.now, 0, 1'000);
  at.deliveries = limits.concurrency;
  EXPECT_EQ(step(), Step::reduce);
  EXPECT_EQ(next().limit, limits.reduce_batch_busy);
  at.deliveries = 0;
  scheduler->leased(at.now, leases(0), 64);
  EXPECT_EQ(step(), Step::reduce);
  EXPECT_EQ(next().limit, limits.reduce_batch);
}

TEST_F(SchedulerStory, ReducesTwoBatchesAtATimeWhileItIsBehind) {
  settle_down();
  scheduler->facts_recorded();
  ASSERT_EQ(step(), Step::reduce);
  scheduler->reduced(at.now, limits.reduce_batch, limits.reduce_batch, false);
  scheduler->leased(at.now, leases(0), 64);
  ASSERT_EQ(step(), Step::reduce);
  EXPECT_EQ(next().limit, 2 * limits.reduce_batch);
  scheduler->reduced(at.now, 2 * limits.reduce_batch - 1, 2 * limits.reduce_batch, false);
  scheduler->leased(at.now, leases(0), 64);
  scheduler->facts_recorded();
  ASSERT_EQ(step(), Step::reduce);
  EXPECT_EQ(next().limit, limits.reduce_batch);
}

TEST_F(SchedulerStory, ReadsOnlyWhenNoLeaseIsDueAndWithAQuarterOfItsPlaces) {
  scheduler->rescued(at.now, {});
  scheduler->woke(at.now, 0, 1'000);
  scheduler->took_in(at.now, 0, 1'000);
  scheduler->reduced(at.now, 0, 100, false);
  EXPECT_EQ(step(), Step::lease);
  scheduler->leased(at.now, leases(0), 64);
  const Action read = next();
  EXPECT_EQ(read.step, Step::read);
  EXPECT_EQ(read.limit, 16);
  scheduler->took_reads(at.now, 16, 16);
  at.reads = 16;
  EXPECT_NE(step(), Step::read);
  at.reads = 10;
  EXPECT_EQ(next().limit, 6);
}

TEST_F(SchedulerStory, LetsReadsHaveATrickleWhenLeasesNeverEnd) {
  scheduler->rescued(at.now, {});
  scheduler->woke(at.now, 0, 1'000);
  scheduler->took_in(at.now, 0, 1'000);
  scheduler->reduced(at.now, 0, 100, false);
  scheduler->leased(at.now, leases(50), 50);
  at.deliveries = 50;
  EXPECT_EQ(step(), Step::wait);
  pass(999ms);
  EXPECT_NE(step(), Step::read);
  pass(1ms);
  at.deliveries = 60;  // no lease fits a quarter, but a place is free
  scheduler->woke(at.now, 0, 1'000);
  scheduler->leased(at.now, leases(4), 4);
  scheduler->maintained(at.now);
  const Action read = next();
  EXPECT_EQ(read.step, Step::read);
  EXPECT_EQ(read.limit, 4);
}

TEST_F(SchedulerStory, LeasesOneProbeAtATimeWhileTheProviderIsProbed) {
  scheduler->provider_is(at.now, ProviderMode::probing);
  EXPECT_EQ(answer_with_nothing().step, Step::begin_sleep);
  scheduler->notified(at.now);
  scheduler->took_in(at.now, 0, 1'000);
  pass(2s);
  scheduler->took_reads(at.now, 0, 1);
  scheduler->rescued(at.now, {});
  scheduler->woke(at.now, 0, 1'000);
  scheduler->maintained(at.now);
  EXPECT_EQ(step(), Step::look);
  scheduler->looked(at.now, {.provider = ProviderMode::probing});
  const Action probe = next();
  EXPECT_EQ(probe.step, Step::lease);
  EXPECT_EQ(probe.limit, 1);
  scheduler->leased(at.now, leases(1, ProviderMode::probing), 1);
  at.deliveries = 1;
  EXPECT_NE(answer_with_nothing().step, Step::lease);
  at.deliveries = 0;
  scheduler->provider_is(at.now, ProviderMode::up);
  EXPECT_EQ(next().limit, 64);
}

TEST_F(SchedulerStory, AsksForAProbeWhenTheStoreSaidItMayLeave) {
  scheduler->rescued(at.now, {});
  scheduler->woke(at.now, 0, 1'000);
  scheduler->took_in(at.now, 0, 1'000);
  scheduler->leased(at.now, leases(0, ProviderMode::open, 400ms), 64);
  answer_with_nothing();
  pass(399ms);
  EXPECT_NE(answer_with_nothing().step, Step::lease);
  pass(1ms);
  EXPECT_EQ(step(), Step::lease);
}

TEST_F(SchedulerStory, AsksForAProbeAgainWhenItIsWokenButOnceASecond) {
  scheduler->rescued(at.now, {});
  scheduler->woke(at.now, 0, 1'000);
  scheduler->took_in(at.now, 0, 1'000);
  scheduler->leased(at.now, leases(0, ProviderMode::unauthorised, 60s), 64);
  const auto asked_of_forty = [&] {
    int asked = 0;
    for (int i = 0; i < 40; ++i) {
      if (i % 10 == 0) scheduler->notified(at.now);
      const Action a = next();
      if (a.step == Step::look) {
        scheduler->looked(at.now, {.provider = ProviderMode::unauthorised});
      } else if (a.step == Step::lease) {
        ++asked;
        scheduler->leased(at.now, leases(0, ProviderMode::unauthorised, 59s), 64);
      } else {
        answer_nothing(a);
      }
    }
    return asked;
  };
  EXPECT_EQ(asked_of_forty(), 0);
  pass(1s);
  EXPECT_EQ(asked_of_forty(), 1);
}

// Calls that wait for the budget hold every place; each that comes free would be leased for again.
TEST_F(SchedulerStory, GivesAPlaceThatComesFreeToAReadOnceASecond) {
  settle_down();
  scheduler->notified(at.now);
  scheduler->took_in(at.now, 10, limits.intake_batch);
  at.deliveries = limits.concurrency - 1;
  int leases_taken = 0;
  int reads_taken = 0;
  for (int step = 0; step < 500; ++step) {
    pass(10ms);
    const Action a = next();
    if (a.step == Step::lease) {
      ++leases_taken;
      scheduler->leased(at.now, leases(a.limit), a.limit);
    } else if (a.step == Step::read) {
      ++reads_taken;
      EXPECT_EQ(a.limit, 1);
      scheduler->took_reads(at.now, a.limit, a.limit);
    } else {
      answer_nothing(a);
    }
  }
  EXPECT_GE(reads_taken, 4);
  EXPECT_LE(reads_taken, 5);
  EXPECT_GT(leases_taken, 300);
}

TEST_F(SchedulerStory, ReadsOneAtATimeWhileTheProviderIsDownForThatMayBeTheOnlyProbe) {
  do_chores();
  scheduler->took_in(at.now, 0, 1'000);
  scheduler->reduced(at.now, 0, 100, false);
  scheduler->leased(at.now, leases(0, ProviderMode::open, 400ms), 64);
  const Action probe = next();
  EXPECT_EQ(probe.step, Step::read);
  EXPECT_EQ(probe.limit, 1);
  scheduler->took_reads(at.now, 1, 1);
  at.reads = 1;
  EXPECT_NE(step(), Step::read);
}

TEST_F(SchedulerStory, ReadsNothingWhileTheProviderIsPaused) {
  scheduler->provider_is(at.now, ProviderMode::paused);
  for (int i = 0; i < 20; ++i) {
    EXPECT_NE(step(), Step::read);
    answer_with_nothing();
    pass(500ms);
  }
}

TEST_F(SchedulerStory, TriesAFailedChoreAgainAfterAPauseAndDoesTheOthersMeanwhile) {
  ASSERT_EQ(step(), Step::rescue);
  scheduler->failed(Step::rescue, at.now, 0.5);
  EXPECT_EQ(step(), Step::wake);
  const Action resting = answer_with_nothing();
  EXPECT_EQ(resting.step, Step::begin_sleep);
  pass(20ms);
  EXPECT_EQ(step(), Step::rescue);
}

TEST_F(SchedulerStory, WaitsOutAStoreThatFailsAtEveryStep) {
  int statements = 0;
  const Instant end = at.now + 60s;
  while (at.now < end) {
    const Action a = next();
    if (a.step == Step::wait) {
      ASSERT_GT(a.until, at.now);
      at.now = a.until;
    } else {
      scheduler->failed(a.step, at.now, 0.5);
      ASSERT_LT(++statements, 1'000) << "it spins";
    }
  }
  EXPECT_GT(statements, 60);  // and it never gives up
}

TEST_F(SchedulerStory, StartsNothingWhileDrainingAndFinishesWhenNothingIsLeft) {
  at.draining = true;
  at.deliveries = 1;
  EXPECT_EQ(step(), Step::wait);
  at.deliveries = 0;
  at.unsettled = 1;
  EXPECT_EQ(step(), Step::wait);
  at.unsettled = 0;
  at.reads = 1;
  EXPECT_EQ(step(), Step::wait);
  at.reads = 0;
  EXPECT_EQ(step(), Step::finish);
}

TEST_F(SchedulerStory, FinishesADrainAlsoWithoutASession) {
  at.draining = true;
  at.session_open = false;
  EXPECT_EQ(step(), Step::finish);
}

}  // namespace
}  // namespace rolecall::test
