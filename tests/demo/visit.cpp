#include "tests/demo/visit.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <mutex>
#include <stdexcept>

#include "tests/demo/comparison.hpp"
#include "tests/demo/seed.hpp"
#include "tests/demo/traffic.hpp"

namespace rolecall::demo {
namespace {

using Clock = std::chrono::steady_clock;

struct Visit {
  std::string database_url_file{};
  std::string api_key_file{};
  std::string emulator{};  // host:port, plain http
  int rounds = 1;          // 0: until it is stopped
};

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) throw std::runtime_error(path + " cannot be read, or is empty");
  return line;
}

Database connect(const std::string& url) {
  auto database = Database::connect(url);
  if (!database) throw std::runtime_error(database.error().detail);
  return std::move(*database);
}

class Visitor {
 public:
  Visitor(const Plan& plan, const Visit& visit)
      : plan_(plan),
        emulator_(visit.emulator),
        api_key_(first_line(visit.api_key_file)),
        url_(first_line(visit.database_url_file)),
        database_(connect(url_)) {
    seed(plan_, database_, emulator_);
  }

  // Whether both sides agree after it.
  bool round(int number) {
    const auto began = Clock::now();
    auto plan = plan_;
    plan.seed += static_cast<std::uint64_t>(number);
    Traffic traffic(plan, url_);
    traffic.start();
    traffic.join();
    const auto unconfirmed = wait_until_confirmed();
    const auto both = compare(database_, emulator_, api_key_);
    const bool holds = unconfirmed == 0 && both.differences.empty() && both.members > 0;
    fmt::print(
        "round {}: {} mutations ({} refused by rules), {} members, {} roles held, {:.1f} s: {}\n",
        number, traffic.counts().committed.load(), traffic.counts().refused.load(), both.members,
        both.assignments, std::chrono::duration<double>(Clock::now() - began).count(),
        holds ? "both sides agree, and every subject is confirmed"
              : fmt::format("NOT PROVED: {} differences, {} subjects unconfirmed",
                            both.differences.size(), unconfirmed));
    for (std::size_t i = 0; i < both.differences.size() && i < 20; ++i)
      fmt::print("  DIFFERENT: {}\n", both.differences[i]);
    std::fflush(stdout);
    return holds;
  }

 private:
  std::int64_t wait_until_confirmed() {
    const auto until = Clock::now() + plan_.most;
    std::mutex mutex;
    std::condition_variable never;
    for (;;) {
      const auto left = must(database_.run("select count(*) as n from rolecall.convergence where "
                                           "state <> 'confirmed'"))
                            .number(0, "n");
      if (left == 0 || Clock::now() > until) return left;
      std::unique_lock lock(mutex);
      never.wait_for(lock, std::chrono::milliseconds(500), [] { return false; });
    }
  }

  Plan plan_;
  std::string emulator_;
  std::string api_key_;
  std::string url_;
  Database database_;
};

}  // namespace

int visit(int argc, char** argv) {
  Plan plan{
      .organizations = 10, .members = 300, .mutations = 1500, .traffic = std::chrono::seconds(20)};
  Visit visit;
  CLI::App app("Changes roles in SQL as an application would, then compares both sides in full.",
               "rolecall-demo traffic");
  app.add_option("--database-url-file", visit.database_url_file,
                 "a file with the URL of a migrated database, as its owner")
      ->required();
  app.add_option("--api-key-file", visit.api_key_file, "a file with the emulator's key")
      ->required();
  app.add_option("--emulator", visit.emulator, "host:port of workos-emulator")->required();
  app.add_option("--rounds", visit.rounds, "how many rounds; 0: until it is stopped")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--mutations", plan.mutations, "in each round")->check(CLI::PositiveNumber);
  app.add_option("--organizations", plan.organizations)->check(CLI::PositiveNumber);
  app.add_option("--members", plan.members, "in all")->check(CLI::PositiveNumber);
  app.add_option("--seed", plan.seed, "decides every mutation");
  CLI11_PARSE(app, argc, argv);
  try {
    Visitor visitor(plan, visit);
    for (int number = 1; visit.rounds == 0 || number <= visit.rounds; ++number)
      if (!visitor.round(number)) return 1;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "rolecall-demo: " << error.what() << "\n";
    return 3;
  }
}

}  // namespace rolecall::demo
