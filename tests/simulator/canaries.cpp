// With a mechanism taken away, the simulator must notice: otherwise it proves nothing.
#include <gtest/gtest.h>

#include <array>

#include "tests/simulator/settings.hpp"

namespace rolecall::sim {
namespace {

constexpr std::uint64_t kSeeds = 1'000;

struct Found {
  std::uint64_t seed = 0;  // 0: none
  std::string violation{};
};

Found first_violation(const Defects& defects) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed)
    if (const auto report = run_world({.seed = seed, .defects = defects}); report.violation)
      return {seed, *report.violation};
  return {};
}

TEST(SimulatorCanary, NoticesThatTheFenceIsRemoved) {
  const auto found = first_violation({.no_fence = true});
  EXPECT_TRUE(found.violation.starts_with("I4")) << found.violation;
  RecordProperty("seed", std::to_string(found.seed));
}

TEST(SimulatorCanary, NoticesThatASendIsForgottenAtSettle) {
  const auto found = first_violation({.forgets_sends = true});
  EXPECT_NE(found.violation, "");
  RecordProperty("seed", std::to_string(found.seed));
}

TEST(SimulatorCanary, NoticesThatWaitsAreIgnored) {
  const auto found = first_violation({.ignores_waits = true});
  EXPECT_TRUE(found.violation.starts_with("I13")) << found.violation;
  RecordProperty("seed", std::to_string(found.seed));
}

}  // namespace
}  // namespace rolecall::sim
