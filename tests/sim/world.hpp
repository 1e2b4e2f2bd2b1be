// world.hpp -- one run: workers, an application, operators and WorkOS, all from one seed.
// Owns:    everything in it.
// Thread:  one.
// Fails:   never; what went wrong is in the report.
// Never:   reads anything from outside: a seed is a run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/application.hpp"
#include "tests/sim/checkers.hpp"
#include "tests/sim/convergence.hpp"
#include "tests/sim/process.hpp"
#include "workflows/registry.hpp"

namespace rolecall::sim {

struct RunOptions {
  std::uint64_t seed = 1;
  Defects defects{};
  bool trace = false;  // print what happens
};

struct RunReport {
  std::optional<std::string> violation{};
  Tally tally{};
  double virtual_seconds = 0;
};

RunReport run_world(const RunOptions& options);

class World final : private Observer {
 public:
  explicit World(const RunOptions& options);
  ~World() override;
  RunReport run();

 private:
  struct Plan;  // sizes and times of this run

  void on(const TraceEvent& event) override;
  void note(std::string_view text);
  void note_reduction(const SubjectFacts& facts, const Result<Reduction>& reduction);
  void at(Micros when, std::function<void()> act) { time_.book(when, std::move(act)); }
  Micros later(Millis least, Millis most) { return time_.now() + chaos_.span(least, most); }

  void seed_workos();
  void schedule_mutations();
  void schedule_trouble();
  void start_worker(int number);
  void crash(Process& process, Crash how);
  void freeze(Process& process, Crash how, Micros span);
  void step_clock(Process& process, Micros ahead);
  void drain(Process& process);
  void replace(Process& process, Micros when);
  void trouble_a_worker();
  void trouble_the_store();
  void operate();
  void mutate();
  bool is_held_unknown(const std::string& organization, const std::string& slug);
  bool mutate_role(const std::string& organization, const std::string& slug);
  bool mutate_member(const std::string& organization, const std::string& user);
  std::set<std::string> some_roles(const std::string& organization);
  const Subject* some_subject();

  // Others at WorkOS (world_outside.cpp)
  void schedule_outside();
  void follow_events();
  WallTime first_told() const;
  void edit();
  bool edit_member(const std::string& organization);
  bool edit_roles_of(const std::string& organization, const std::string& membership);
  bool join(const std::string& organization, const std::string& user);
  bool edit_role(const std::string& organization, const std::string& slug);
  bool by_somebody(HttpRequest request);
  void undo(const HttpRequest& request);
  void lag();
  std::optional<HttpResponse> lagging_answer(const HttpRequest& request);
  bool stream_is_read() const;

  void end_trouble();
  void inspect();
  bool quiet() const;
  void note_unrest();
  void tend();  // what operators do once the trouble is over
  void compare();
  void compare_strangers();
  void compare_role(const Application::Key& key);
  void compare_member(const Application::Key& key);
  bool workos_holds(const SubjectFacts& facts);
  void shut_down();

  RunOptions options_;
  Chaos chaos_;
  VirtualTime time_;
  VirtualClock clock_;
  VirtualClock workos_clock_;
  std::unique_ptr<Plan> plan_;
  std::unique_ptr<MemoryDatabase> database_;
  std::unique_ptr<Application> application_;
  std::unique_ptr<Workflows> workflows_;
  std::unique_ptr<emulator::Emulator> workos_;
  std::unique_ptr<emulator::EmulatorWorld> wire_;
  std::unique_ptr<emulator::WorkosModel> lagging_;  // a node of WorkOS that is behind
  std::unique_ptr<Checkers> checkers_;
  std::unique_ptr<Outsiders> outsiders_;
  std::unique_ptr<Convergence> convergence_;
  std::unique_ptr<BothWatch> watchers_;
  std::unique_ptr<Surroundings> around_;
  std::vector<std::unique_ptr<Process>> processes_{};  // dead ones too
  std::vector<Process*> workers_{};                    // the living one of each place
  int undone_ = 0;
  bool over_ = false;
};

}  // namespace rolecall::sim
