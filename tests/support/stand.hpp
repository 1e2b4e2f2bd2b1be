// stand.hpp -- the programs themselves, as users run them: a database, the emulator, workers.
// Owns:    the database and the processes.
// Thread:  one.
// Fails:   throws std::runtime_error with the reason, so that the test fails.
// Never:   waits a fixed time: it waits for what it names, with a bound that is no expectation.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/postgres.hpp"
#include "tests/support/process.hpp"

namespace rolecall::testing {

struct StandOptions {
  std::vector<std::string> emulator_flags{"--rate-limits", "off", "--multiple-roles"};
  bool seeded = true;  // organization acme/org_1, people ann, bob, eve, roles admin and member
};

class Stand {
 public:
  explicit Stand(StandOptions options = {});
  Stand(StandOptions options, std::unique_ptr<TestDatabase> database);

  TestDatabase& db() { return *database_; }
  const std::string& emulator() const { return emulator_address_; }
  Process& emulator_process() { return *emulator_; }

  // Starts `rolecall run`; `settings` add to or replace its environment.
  Process& start_worker(std::map<std::string, std::string> settings = {});
  ProcessOptions program(std::vector<std::string> arguments,
                         std::map<std::string, std::string> settings = {}) const;
  Finished rolecall(std::vector<std::string> arguments,
                    std::map<std::string, std::string> settings = {}) const;

  // The emulator's control face; answers the body.
  std::string control(const std::string& method, const std::string& path,
                      const std::string& body = "");
  void fault(const std::string& method, const std::string& path, const std::string& action,
             const std::string& more = "");
  // GET from the emulator's API with the right key.
  std::string api(const std::string& target);

  // Asks again until the query's first cell is `value`.
  void until(const std::string& sql, const std::string& value);
  void until(const std::function<bool()>& holds, const std::string& what);
  // Until every subject is confirmed.
  void settle();

 private:
  std::string unconfirmed();
  void seed();
  std::unique_ptr<TestDatabase> database_;
  std::unique_ptr<Process> emulator_;
  std::string emulator_address_;
  std::vector<std::unique_ptr<Process>> workers_;
};

// The program's folder: ROLECALL_BIN_DIR.
std::string program_path(const std::string& name);

}  // namespace rolecall::testing
