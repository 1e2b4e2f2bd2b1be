// How much of WorkOS's limit on membership writes four replicas use together, and how many of their
// calls it refuses: once with a budget that is the limit, once with one that is twice the limit.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "bench/scene/call_log.hpp"
#include "bench/scene/crowd.hpp"
#include "bench/scene/processor.hpp"
#include "bench/scene/promises.hpp"

namespace {

using namespace rolecall::bench;
using namespace rolecall::testing;
using Clock = std::chrono::steady_clock;

constexpr int kMembers = 20'000;
constexpr int kReplicas = 4;
constexpr int kBudget = 5'000;  // writes in ten seconds
constexpr double kWindow = 10;

StandOptions emulator_that_allows(int writes) {
  StandOptions options;
  options.emulator_flags = {"--multiple-roles", "--rate-limit",
                            fmt::format("um_write={}/10", writes)};
  // Only writes are to be limited; every write counts as a call, too.
  for (const auto* other : {"um_read=1000000/1", "general=1000000/1"})
    options.emulator_flags.insert(options.emulator_flags.end(), {"--rate-limit", other});
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

struct Used {
  double workers = 0;
  double server = 0;
  double emulator = 0;
};

class Run {
 public:
  explicit Run(int allowed)
      : stand_(emulator_that_allows(allowed),
               std::make_unique<TestDatabase>(TestDatabase::Schema::migrated, cluster_.url())),
        crowd_((set_budget(stand_.db()), stand_), kMembers) {}

  // Until everything is said and seen; answers the calls.
  CallLog finish() {
    for (int i = 0; i < kReplicas; ++i) workers_.push_back(&stand_.start_worker());
    for (Process* worker : workers_) worker->address();
    crowd_.enqueue();
    const auto begun = Clock::now();
    const Used before = used();
    crowd_.go();
    // A tenth changes once more while the rest is being said, and overtakes it.
    crowd_.wait_until([&] { return crowd_.owed() < kMembers * 3 / 4; }, 120, "a quarter is said");
    crowd_.change_some(1);
    crowd_.wait_until([&] { return crowd_.owed() == 0; }, 600, "everything is said");
    const std::chrono::duration<double> took = Clock::now() - begun;
    const Used after = used();
    fmt::print(
        "  {} rows in {:.1f} s; processor time a second: workers {:.2f}, database {:.2f}, "
        "emulator {:.2f}\n",
        kMembers + kMembers / 10, took.count(), (after.workers - before.workers) / took.count(),
        (after.server - before.server) / took.count(),
        (after.emulator - before.emulator) / took.count());
    std::fflush(stdout);
    crowd_.wait_until([&] { return crowd_.disputed() == 0; }, 600, "everything is seen");
    return call_log(stand_);
  }

  void nothing_older_stays(Promises& promises, const CallLog& log) {
    promises.at_most("members whose roles differ in the end", 0, crowd_.differences(), "");
    promises.at_most("memberships whose last write is not the newest", 0, crowd_.older_last(log),
                     "");
  }

 private:
  Used used() {
    Used sum{.server = server_processor_s(stand_.db()),
             .emulator = processor_s(stand_.emulator_process().pid())};
    for (const Process* worker : workers_) sum.workers += processor_s(worker->pid());
    return sum;
  }

  TestCluster cluster_;
  Stand stand_;
  Crowd crowd_;
  std::vector<Process*> workers_{};
};

void whole_limit(Promises& promises) {
  fmt::print("budget {} writes in 10 s, WorkOS allows as many; {} replicas:\n", kBudget, kReplicas);
  std::fflush(stdout);
  Run run(kBudget);
  const CallLog log = run.finish();
  const CallLog writes = writes_of(log);
  promises.at_least("share of the limit that writes used", 97,
                    100 * share_used(writes, kBudget / kWindow), " %");
  promises.at_most("calls that were answered 429", 0, refusals(log), "");
  run.nothing_older_stays(promises, log);
}

void half_limit(Promises& promises) {
  fmt::print("budget {} writes in 10 s, WorkOS allows half of it; {} replicas:\n", kBudget,
             kReplicas);
  std::fflush(stdout);
  Run run(kBudget / 2);
  const CallLog log = run.finish();
  const CallLog writes = writes_of(log);
  const double allowed = kBudget / 2 / kWindow;
  fmt::print("  share of what is allowed that was used in all: {:.2f} %\n",
             100 * share_used(writes, allowed));
  promises.at_most("every 10 s see 85 % of what is allowed after", 10,
                   settled_after(writes, allowed, 0.85, kWindow), " s");
  promises.at_most("share of the writes that were answered 429", 3,
                   100.0 * refusals(writes) / static_cast<double>(writes.size()), " %");
  run.nothing_older_stays(promises, log);
}

}  // namespace

int main(int argc, char** argv) {
  Promises promises;
  const std::string only = argc > 1 ? argv[1] : "";
  if (only != "half") whole_limit(promises);
  if (only != "whole") half_limit(promises);
  return promises.exit_code();
}
