// With a mechanism taken away, the simulator must notice: otherwise it proves nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/simulator/settings.hpp"

namespace rolecall::sim {
namespace {

constexpr std::uint64_t kSeeds = 2'000;

// The first violation; empty: nothing was noticed.
std::string first_violation(std::string_view what, const Defects& defects) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const auto report = run_world({.seed = seed, .defects = defects});
    if (!report.violation) continue;
    fmt::print("{}: noticed after {} seeds: {}\n", what, seed, *report.violation);
    return *report.violation;
  }
  return {};
}

TEST(SimulatorCanary, NoticesThatTheFenceIsRemoved) {
  const auto found = first_violation("no fence", {.no_fence = true});
  EXPECT_TRUE(found.starts_with("I4")) << found;
}

TEST(SimulatorCanary, NoticesThatWaitsAreIgnored) {
  const auto found = first_violation("no waits", {.ignores_waits = true});
  EXPECT_TRUE(found.starts_with("I13")) << found;
}

// The three rules of a first draft that do not converge.
TEST(SimulatorCanary, NoticesThatEventsAreIgnoredWhileARowIsLive) {
  EXPECT_NE(first_violation("events are ignored while a row is live",
                            {.ignores_events_while_live = true}),
            "");
}

TEST(SimulatorCanary, NoticesThatASendIsForgottenAtSettle) {
  EXPECT_NE(first_violation("a send is forgotten at settle", {.forgets_sends = true}), "");
}

TEST(SimulatorCanary, NoticesThatTheBaseIsComparedByValue) {
  EXPECT_NE(first_violation("the base is compared by value", {.compares_by_value = true}), "");
}

}  // namespace
}  // namespace rolecall::sim
