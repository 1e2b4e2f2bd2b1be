// The whole system on virtual time, once for each seed: ROLECALL_SIM_SEEDS of them, from
// ROLECALL_SIM_FROM.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/simulator/settings.hpp"

namespace rolecall::sim {
namespace {

// Each point shall be hit two hundred times in 20,000 seeds; fewer seeds, fewer times.
std::uint64_t least_hits(std::uint64_t seeds) {
  return seeds / 100;
}

TEST(Simulator, EverySeedConvergesAndHoldsTheInvariants) {
  if (const auto one = setting("ROLECALL_SIM_SEED", 0)) {
    const auto report = run_world({.seed = one, .trace = true});
    ASSERT_FALSE(report.violation) << *report.violation;
    return;
  }
  const auto count = setting("ROLECALL_SIM_SEEDS", 500);
  const auto from = setting("ROLECALL_SIM_FROM", 1);
  const auto at_most = setting("ROLECALL_SIM_FAILURES", 5);
  Tally tally;
  double seconds = 0;
  std::uint64_t failed = 0;
  for (auto seed = from; seed < from + count && failed < at_most; ++seed) {
    const auto report = run_world({.seed = seed});
    tally.add(report.tally);
    seconds += report.virtual_seconds;
    if (!report.violation) continue;
    ++failed;
    ADD_FAILURE() << *report.violation << "\nTo see it happen:\n  " << replay_command(seed);
  }
  fmt::print("{} seeds from {}, {:.0f} s of virtual time\n{}", count, from, seconds,
             table_of(tally));
  if (failed == 0) EXPECT_EQ(rarely_hit(tally, least_hits(count)), "");
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
