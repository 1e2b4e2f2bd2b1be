// chaos.hpp -- what goes wrong, decided by the seed, and counted.
// Owns:    its generator and the tally.
// Thread:  one.
// Fails:   never.
// Never:   acts; the world does what it says.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "tests/emulator/faults.hpp"
#include "tests/sim/memory_store.hpp"
#include "worker/random.hpp"

namespace rolecall::sim {

enum class Crash {
  before_lease,    // the lease statement was never executed
  after_lease,     // leased, and nobody knows
  before_send,     // the lease was checked, no byte left
  after_send,      // WorkOS has it, its answer is not heard
  after_answer,    // heard, and nothing recorded
  before_settle,   // the settling statement was never executed
  after_settle,    // recorded, and nobody knows
  in_reduction,    // the reducer's transaction is open
  any_time,        // idle or not
  drain,           // asked to end, by SIGTERM
  freeze,          // stopped, by SIGSTOP, while idle or not; goes on later
  freeze_in_send,  // stopped between the lease check and the first byte
  clock_step       // its clock steps ahead by minutes, whatever it holds; goes on at once
};
inline constexpr std::size_t kCrashes = 13;
std::string_view name_of(Crash crash);

enum class StoreFault {
  lost,
  answer_lost,
  session_lost,
  slow,
  lane_locked,
  subject_locked,
  cut_off
};
inline constexpr std::size_t kStoreFaults = 7;
std::string_view name_of(StoreFault fault);

enum class Operator { retry, hold, pause, look };
inline constexpr std::size_t kOperators = 4;
std::string_view name_of(Operator action);

// How often each happened.
struct Tally {
  std::array<std::uint64_t, kCrashes> crashes{};
  std::array<std::uint64_t, kStoreFaults> store{};
  std::array<std::uint64_t, kOperators> operators{};
  std::array<std::uint64_t, 12> provider{};  // by emulator::FaultAction
  std::uint64_t mutations = 0, calls = 0, rescued_lanes = 0, stale_results = 0, late_writes = 0,
                superseded = 0, busy = 0, edits = 0, stale_reads = 0;

  void add(const Tally& other);
};

class SimRandom final : public Random {
 public:
  explicit SimRandom(std::uint64_t seed) : chance_(seed) {}
  double fraction() override { return chance_.fraction(); }

 private:
  emulator::Chance chance_;
};

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed);

  bool on = true;  // false: everything goes well from now on
  Tally tally{};

  emulator::Chance& chance() { return chance_; }
  bool happens(double probability) { return chance_.fraction() < probability; }
  Micros span(Millis least, Millis most);

  struct Statement {
    StatementPlan plan{};
    std::optional<Crash> crash{};
    bool lose_session = false;
  };
  Statement statement(std::string_view name);
  std::optional<Crash> call(bool mutates);
  std::optional<emulator::FaultRule> provider_fault(std::string_view method);
  void count(Crash crash) { ++tally.crashes[static_cast<std::size_t>(crash)]; }
  void count(StoreFault fault) { ++tally.store[static_cast<std::size_t>(fault)]; }
  void count(Operator action) { ++tally.operators[static_cast<std::size_t>(action)]; }

  // How bad this run is; drawn once.
  double crash_rate = 0, statement_rate = 0, provider_rate = 0;
  Millis longest_delay{2'000};

 private:
  std::optional<Crash> crash_in(std::string_view statement);
  emulator::Chance chance_;
};

}  // namespace rolecall::sim
