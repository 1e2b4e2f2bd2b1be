// The whole system on virtual time, once for each seed: ROLECALL_SIM_SEEDS of them, from
// ROLECALL_SIM_FROM, on every core or on ROLECALL_SIM_THREADS.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/simulator/settings.hpp"

namespace rolecall::sim {
namespace {

// Each point shall be hit two hundred times in 20,000 seeds; fewer seeds, fewer times.
std::uint64_t least_hits(std::uint64_t seeds) {
  return seeds / 100;
}

// What the seeds amounted to, whichever thread ran them.
struct Outcome {
  Tally tally{};
  double seconds = 0;
  std::uint64_t failed = 0;
};

// A run shares nothing with another: each core takes the next seed.
Outcome run_seeds(std::uint64_t from, std::uint64_t count, std::uint64_t at_most) {
  Outcome outcome;
  std::atomic<std::uint64_t> next = from;
  std::mutex telling;
  const auto work = [&] {
    for (auto seed = next++; seed < from + count; seed = next++) {
      const auto report = run_world({.seed = seed});
      const std::scoped_lock lock(telling);
      outcome.tally.add(report.tally);
      outcome.seconds += report.virtual_seconds;
      if (!report.violation) continue;
      ADD_FAILURE() << *report.violation << "\nTo see it happen:\n  " << replay_command(seed);
      if (++outcome.failed >= at_most) next = from + count;
    }
  };
  std::vector<std::jthread> threads;
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  for (auto n = setting("ROLECALL_SIM_THREADS", cores); n > 1; --n) threads.emplace_back(work);
  work();
  threads.clear();
  return outcome;
}

TEST(Simulator, EverySeedConvergesAndHoldsTheInvariants) {
  if (const auto one = setting("ROLECALL_SIM_SEED", 0)) {
    const auto report = run_world({.seed = one, .trace = true});
    ASSERT_FALSE(report.violation) << *report.violation;
    return;
  }
  const auto count = setting("ROLECALL_SIM_SEEDS", 500);
  const auto from = setting("ROLECALL_SIM_FROM", 1);
  const auto outcome = run_seeds(from, count, setting("ROLECALL_SIM_FAILURES", 5));
  fmt::print("{} seeds from {}, {:.0f} s of virtual time\n{}", count, from, outcome.seconds,
             table_of(outcome.tally));
  if (outcome.failed == 0) EXPECT_EQ(rarely_hit(outcome.tally, least_hits(count)), "");
}

// A seed that fails can be replayed only if nothing else has a say in its run.
TEST(Simulator, ASeedIsARun) {
  for (const std::uint64_t seed : {11U, 12U, 13U}) {
    const auto first = run_world({.seed = seed});
    const auto second = run_world({.seed = seed});
    EXPECT_EQ(first.virtual_seconds, second.virtual_seconds);
    EXPECT_EQ(table_of(first.tally), table_of(second.tally));
    EXPECT_GE(first.tally.mutations, 15U);
  }
}

}  // namespace
}  // namespace rolecall::sim
