// What an outage of a minute costs: attempts of the rows that were due (half of them new members,
// half members that are to have another role), calls in vain, and the time that the backlog takes.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "bench/scene/call_log.hpp"
#include "bench/scene/crowd.hpp"
#include "bench/scene/promises.hpp"

namespace {

using namespace rolecall::bench;
using namespace rolecall::testing;
using Clock = std::chrono::steady_clock;

constexpr int kMembers = 5'000;
constexpr int kReplicas = 2;
constexpr int kOutageSeconds = 60;
constexpr int kBudget = 500;  // writes in ten seconds: what WorkOS allows, and all of it ours
constexpr double kWindow = 10;

StandOptions emulator() {
  StandOptions options;
  options.emulator_flags = {"--multiple-roles"};
  for (const std::string& limit :
       {fmt::format("um_write={}/10", kBudget), std::string("um_read=1000000/1"),
        std::string("general=1000000/1")})
    options.emulator_flags.insert(options.emulator_flags.end(), {"--rate-limit", limit});
  options.seeded = false;
  return options;
}

void set_budget(TestDatabase& db) {
  db.sql("update rolecall.provider_budgets set limit_calls = 1000000, per_ms = 1000, share = 1");
  db.sql(
      fmt::format("update rolecall.provider_budgets set limit_calls = {}, per_ms = 10000 "
                  "where class = 'um_write'",
                  kBudget));
}

// The most that one row's count of attempts grew, and the rows that died or were held.
struct Harm {
  int attempts = 0;
  int stopped = 0;
};

double since(Clock::time_point moment) {
  return std::chrono::duration<double>(Clock::now() - moment).count();
}

class Outage {
 public:
  Outage()
      : stand_(emulator(),
               std::make_unique<TestDatabase>(TestDatabase::Schema::migrated, cluster_.url())),
        crowd_((set_budget(db()), stand_), kMembers) {
    for (int i = 0; i < kReplicas; ++i) stand_.start_worker();
    crowd_.enqueue();
    crowd_.go();
  }

  // It begins in full swing, with calls under way and turns given out.
  void pass() {
    crowd_.wait_until([&] { return crowd_.owed() <= kMembers / 2; }, 120, "half is said");
    for (int tenth = 1; tenth <= 10; ++tenth) crowd_.change_some(tenth);
    crowd_.wait_until([&] { return crowd_.owed() <= kMembers - 100; }, 60, "it is in full swing");
    const double up = up_seconds();
    const auto begun = Clock::now();
    stand_.control("POST", "/_emulator/outage", fmt::format(R"({{"seconds":{}}})", kOutageSeconds));
    std::string status;
    crowd_.wait_until(
        [&] {
          watch();
          if (status.empty() && since(begun) > kOutageSeconds - 10)
            status = stand_.rolecall({"status"}).output;
          return since(begun) >= kOutageSeconds;
        },
        2 * kOutageSeconds, "the outage is over");
    counted_s_ = up_seconds() - up;
    const auto line = std::min(status.find("WorkOS"), status.size());
    fmt::print("  10 s before its end: {}\n", status.substr(line, status.find('\n', line) - line));
    std::fflush(stdout);
  }

  void drain() {
    const auto over = Clock::now();
    const int backlog = crowd_.owed();
    crowd_.wait_until([&] { return watch(), crowd_.owed() == 0; }, 600, "everything is said");
    const double took = since(over);
    const double ideal = backlog / (kBudget / kWindow);
    drain_ratio_ = took / ideal;
    fmt::print("  {} rows were due after it, {:.1f} s of the budget; they took {:.1f} s\n", backlog,
               ideal, took);
    std::fflush(stdout);
    crowd_.wait_until([&] { return crowd_.disputed() == 0; }, 600, "everything is seen");
  }

  void tell(Promises& promises) {
    const CallLog log = call_log(stand_);
    // A call that came during the outage has no answer; nothing else here goes without.
    const auto in_vain = std::ranges::count(log, 0, &LoggedCall::status);
    promises.at_most("growth of a row's attempts", 1, worst_.attempts, "");
    promises.at_most("rows that died or were held", 0, worst_.stopped, "");
    promises.at_most("of the outage, what counted towards expiry", 5, counted_s_, " s");
    promises.at_most("calls during the outage", 30, static_cast<double>(in_vain), "");
    promises.at_most("time to drain / (backlog / budget)", 1.1, drain_ratio_, "");
    promises.at_most("calls that were answered 429", 0, refusals(log), "");
    promises.at_most("members whose roles differ in the end", 0, crowd_.differences(), "");
    promises.at_most("memberships whose last write is not the newest", 0, crowd_.older_last(log),
                     "");
  }

 private:
  TestDatabase& db() { return stand_.db(); }
  double up_seconds() { return std::stod(db().value("select rolecall.up_seconds_v1()")); }

  void watch() {
    const auto rows = db().sql(
        "select coalesce(max(attempts), 0) as attempts, "
        "count(*) filter (where state in ('dead', 'held')) as stopped from rolecall.lanes");
    worst_.attempts = std::max(worst_.attempts, std::stoi(rows.text(0, "attempts")));
    worst_.stopped = std::max(worst_.stopped, std::stoi(rows.text(0, "stopped")));
  }

  TestCluster cluster_;
  Stand stand_;
  Crowd crowd_;
  Harm worst_{};
  double counted_s_ = 0;
  double drain_ratio_ = 0;
};

}  // namespace

int main() {
  fmt::print("{} rows due, an outage of {} s, budget {} writes in 10 s, {} replicas:\n", kMembers,
             kOutageSeconds, kBudget, kReplicas);
  std::fflush(stdout);
  Promises promises;
  Outage outage;
  outage.pass();
  outage.drain();
  outage.tell(promises);
  return promises.exit_code();
}
