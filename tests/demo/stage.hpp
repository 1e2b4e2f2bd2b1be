// stage.hpp -- the parts that the demonstration runs: a database, the emulator, the workers.
// Owns:    the processes and the demonstration's database.
// Thread:  one.
// Fails:   throws std::runtime_error with the reason.
// Never:   leaves a process behind.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "outbox/pg/query.hpp"
#include "tests/demo/plan.hpp"
#include "tests/support/process.hpp"

namespace rolecall::demo {

struct Calls {
  std::int64_t all = 0;      // that reached the emulator
  std::int64_t writes = 0;   // of them, those that change something
  std::int64_t refused = 0;  // answered 429 or 5xx
};

class Stage {
 public:
  explicit Stage(const Plan& plan);

  Database& database() { return *database_; }
  const std::string& database_url() const { return database_url_; }
  const std::string& emulator() const { return emulator_address_; }
  const std::string& api_key() const { return api_key_; }

  void seed();          // organizations, environment roles and users on both sides
  void start_worker();  // another one
  int workers() const { return static_cast<int>(workers_.size()); }
  // Kills the oldest worker with SIGKILL and answers the ids of the sessions that it had.
  std::string kill_worker();
  std::int64_t lanes_held_by(const std::string& sessions);
  void drain_workers();  // SIGTERM; throws unless each exits 0

  void faults_on();
  void faults_off();
  void outage(int seconds);
  Calls calls();

 private:
  void control(const std::string& method, const std::string& path, const std::string& body);

  Plan plan_;
  std::string api_key_ = "sk_test_demonstration";
  std::string database_url_;
  std::string emulator_address_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<testing::Process> emulator_process_;
  std::vector<testing::Process> workers_;
};

}  // namespace rolecall::demo
