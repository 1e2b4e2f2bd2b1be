// process.hpp -- one simulated worker process: the production engine on ports that can fail it.
// Owns:    its engine, clock, connection and transport; all of it stays until the world ends.
// Thread:  the world's.
// Fails:   by dying, on the world's word.
// Never:   decides what goes wrong; Chaos does.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/emulator/transport.hpp"
#include "tests/sim/chaos.hpp"
#include "tests/sim/memory_store.hpp"
#include "worker/engine/engine.hpp"

namespace rolecall::sim {

class Process;

// What a process needs of the world around it.
struct Surroundings {
  VirtualTime& time;
  MemoryDatabase& database;
  emulator::EmulatorWorld& workos;
  const Workflows& workflows;
  Chaos& chaos;
  Observer& observer;
  // The process shall be killed now; it may be in the middle of a call of its own.
  std::function<void(Process&, Crash how)> crash{};
  std::function<void(Process&, Crash how, Micros span)> freeze{};
  // What a node of WorkOS that is behind says; none: another node answers.
  std::function<std::optional<HttpResponse>(const HttpRequest&)> lagging_answer{};
};

class Process final : public Transport {
 public:
  struct Birth {
    int number = 0;
    Skew skew{};
    Limits limits{};
    bool locks = true;
    std::uint64_t random_seed = 0;
  };
  Process(Surroundings& around, const Birth& birth);

  void start();
  void kill();   // SIGKILL: nothing more leaves it
  void drain();  // SIGTERM
  // SIGSTOP until then; the longest of several counts.
  void freeze(Micros until);
  void thaw();
  void step_clock(Micros ahead) { clock_.step_ahead(ahead); }
  // The way to the database is cut until then; `session_ends`: the server notices at once.
  void cut_off(Micros until, bool session_ends);

  int number() const { return birth_.number; }
  bool dead() const { return dead_; }    // killed, or its run is over
  bool ended() const { return ended_; }  // none of its coroutines is left

  Task<Result<HttpResponse>> send(HttpRequest request, Instant deadline,
                                  MayLeave may_leave = always) override;

 private:
  StatementPlan plan_statement(std::string_view name);
  Task<void> stand_still();

  Surroundings& around_;
  Birth birth_;
  Gate gate_;
  VirtualClock clock_;
  SimRandom random_;
  MemoryStore store_;
  emulator::EmulatorTransport wire_;
  Engine engine_;
  Micros cut_until_{-1};
  Micros frozen_until_{-1};
  bool dead_ = false;
  bool ended_ = false;
};

}  // namespace rolecall::sim
