#include "tests/simulator/settings.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <functional>

namespace rolecall::sim {
namespace {

using Visit = std::function<void(std::string_view group, std::string_view name, std::uint64_t)>;

void each(const Tally& tally, const Visit& visit) {
  for (std::size_t n = 0; n < kCrashes; ++n)
    visit("crash", name_of(static_cast<Crash>(n)), tally.crashes[n]);
  for (std::size_t n = 0; n < tally.provider.size(); ++n)
    visit("WorkOS", emulator::name_of(static_cast<emulator::FaultAction>(n)), tally.provider[n]);
  for (std::size_t n = 0; n < kStoreFaults; ++n)
    visit("database", name_of(static_cast<StoreFault>(n)), tally.store[n]);
  for (std::size_t n = 0; n < kOperators; ++n)
    visit("operator", name_of(static_cast<Operator>(n)), tally.operators[n]);
}

}  // namespace

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string replay_command(std::uint64_t seed) {
  return fmt::format("ROLECALL_SIM_SEED={} build/release/bin/simulator --gtest_filter=Simulator.*",
                     seed);
}

std::string table_of(const Tally& tally) {
  std::string text;
  each(tally, [&](std::string_view group, std::string_view name, std::uint64_t count) {
    text += fmt::format("  {:<9} {:<18} {:>9}\n", group, name, count);
  });
  for (const auto& [name, count] : {std::pair{"mutations", tally.mutations},
                                    {"calls", tally.calls},
                                    {"superseded", tally.superseded},
                                    {"lanes rescued", tally.rescued_lanes},
                                    {"stale results", tally.stale_results},
                                    {"busy results", tally.busy},
                                    {"late writes undone", tally.late_writes},
                                    {"edits by others", tally.edits},
                                    {"stale reads", tally.stale_reads}})
    text += fmt::format("  {:<28} {:>9}\n", name, count);
  return text;
}

std::string rarely_hit(const Tally& tally, std::uint64_t least) {
  std::string names;
  each(tally, [&](std::string_view group, std::string_view name, std::uint64_t count) {
    if (count < least) names += fmt::format("{}: {} ({} times)\n", group, name, count);
  });
  return names;
}

}  // namespace rolecall::sim
