// scheduler_story.hpp -- a worker as its scheduler sees it, for tests that read as stories.
// Owns:    a scheduler and the situation that it is asked about.
// Thread:  the test's.
// Fails:   a worker that never rests fails its test.
// Never:   does what the scheduler says; it only tells what came of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "worker/core/scheduler.hpp"

namespace rolecall::test {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;

// A worker as the scheduler sees it: construct, ask, tell what came of it, ask again.
class SchedulerStory : public testing::Test {
 protected:
  SchedulerStory() {
    at.now = Instant{1h};
    at.session_open = true;
    at.session_young = true;
    scheduler = std::make_unique<Scheduler>(limits, at.now);
  }

  Action next() { return scheduler->next(at); }
  Step step() { return next().step; }
  void pass(Millis span) { at.now += span; }

  static LeaseBatch leases(int count, ProviderMode mode = ProviderMode::up, Millis probe = 0ms) {
    LeaseBatch batch;
    batch.leases.resize(static_cast<std::size_t>(count));
    batch.provider = mode;
    batch.next_probe = probe;
    return batch;
  }

  // Answers an action with "nothing"; false: it is for the story to answer (or to rest).
  bool answer_nothing(const Action& a, const NextDue& due = {}) {
    switch (a.step) {
      case Step::take_in:
        scheduler->took_in(at.now, 0, a.limit);
        return true;
      case Step::lease:
        scheduler->leased(at.now, leases(0), a.limit);
        return true;
      case Step::wake:
        scheduler->woke(at.now, 0, a.limit);
        return true;
      case Step::rescue:
        scheduler->rescued(at.now, {});
        return true;
      case Step::reduce:
        scheduler->reduced(at.now, 0, a.limit, false);
        return true;
      case Step::read:
        scheduler->took_reads(at.now, 0, a.limit);
        return true;
      case Step::maintain:
        scheduler->maintained(at.now);
        return true;
      case Step::look:
        scheduler->looked(at.now, due);
        return true;
      case Step::idle_look:
        scheduler->idle_looked(at.now, {.next = due}, a);
        return true;
      case Step::end_sleep:
        scheduler->sleep_ended(at.now);
        return true;
      case Step::check_session:
      case Step::begin_sleep:
      case Step::wait:
      case Step::finish:
        return false;
    }
    return false;
  }

  // Until the worker rests; returns the resting action.
  Action answer_with_nothing() {
    for (int i = 0; i < 50; ++i) {
      const Action a = next();
      if (!answer_nothing(a)) return a;
    }
    ADD_FAILURE() << "the worker never rests";
    return {};
  }
  // Down to the first begin_sleep.
  void settle_down() { ASSERT_EQ(answer_with_nothing().step, Step::begin_sleep); }
  void fall_asleep() {
    settle_down();
    scheduler->sleep_begun(at.now, true);
    ASSERT_EQ(step(), Step::look);
    scheduler->looked(at.now, {});
    ASSERT_EQ(step(), Step::wait);
    ASSERT_TRUE(scheduler->sleeping());
  }
  // The chores that come by the clock, out of a story's way.
  void do_chores() {
    scheduler->rescued(at.now, {});
    scheduler->woke(at.now, 0, limits.wake_batch);
    scheduler->maintained(at.now);
  }

  Limits limits;
  Situation at;
  std::unique_ptr<Scheduler> scheduler;
};

}  // namespace rolecall::test
