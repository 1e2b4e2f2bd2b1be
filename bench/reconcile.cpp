// What it costs to compare 1,000 organizations of 100 members each that are equal on both sides:
// one pass by the schedule `reconcile` of `rolecall run`, over sockets, with WorkOS's own limits in
// force; the emulator answers from this process, on the same machine.
#include <fmt/format.h>

#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>

#include "bench/scene/processor.hpp"
#include "bench/scene/promises.hpp"
#include "tests/emulator/server.hpp"
#include "tests/support/stand.hpp"

namespace {

using namespace rolecall;
using namespace rolecall::testing;
using namespace rolecall::bench;
using Clock = std::chrono::steady_clock;

constexpr const char* kKey = "sk_test_bench";
constexpr double kPromisedMb = 64;
constexpr int kPage = 100;  // memberships that one call lists

struct Size {
  int organizations = 1'000;
  int members = 100;  // of each
  int all() const { return organizations * members; }
};

std::string seed_text(const Size& size) {
  std::string organizations, users;
  for (int i = 0; i < size.organizations; ++i)
    organizations += fmt::format(R"({}{{"id":"org_{}","name":"O{}"}})", i == 0 ? "" : ",", i, i);
  for (int i = 0; i < size.members; ++i)
    users += fmt::format(R"({}{{"id":"user_{}","email":"{}@x.example"}})", i == 0 ? "" : ",", i, i);
  return fmt::format(R"({{"organizations":[{}],"users":[{}]}})", organizations, users);
}

void join_all(emulator::Emulator& workos, const Size& size) {
  const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now() - std::chrono::minutes(10));
  for (int i = 0; i < size.all(); ++i)
    workos.model().edit(
        {.method = "POST",
         .target = "/user_management/organization_memberships",
         .body = fmt::format(
             R"({{"organization_id":"org_{}","user_id":"user_{}","role_slugs":["member"]}})",
             i / size.members, i % size.members)},
        now + std::chrono::milliseconds(i / 1000));
}

void pass(std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, time, [] { return false; });
}

void wait_until(TestDatabase& db, const std::string& sql, int within_s, const std::string& what) {
  const auto begun = Clock::now();
  while (db.value(sql) != "t") {
    if (Clock::now() - begun > std::chrono::seconds(within_s))
      throw std::runtime_error("not within " + std::to_string(within_s) + " s: " + what);
    pass(std::chrono::milliseconds(500));
  }
}

double most_resident_mb(pid_t process) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  std::string word;
  while (status >> word)
    if (word == "VmHWM:") {
      double kilobytes = 0;
      status >> kilobytes;
      return kilobytes * 1024 / 1e6;
    }
  throw std::runtime_error("the kernel does not say how much memory the worker took");
}

struct Calls {
  int reading = 0;  // lists of roles and of memberships
  int others = 0;
  int refused = 0;
};

// Since this request. Looks at what was asked, not at what Rolecall counted.
Calls calls_since(emulator::Server& workos, std::uint64_t seq) {
  Calls calls;
  workos.inspect([&](emulator::Emulator& emulator) {
    for (const auto& entry : emulator.log()) {
      if (entry.seq <= seq) continue;
      const std::string& target = entry.request.target;
      if (target.starts_with("/events")) continue;
      if (entry.status == 429) ++calls.refused;
      const bool lists = target.find("organization_memberships?organization_id=") != target.npos ||
                         target.ends_with("/roles");
      ++(lists ? calls.reading : calls.others);
    }
  });
  return calls;
}

class Run {
 public:
  explicit Run(Size size) : size_(size), workos_(options(size)) {
    port_ = workos_.start().value();
    workos_.inspect([size](emulator::Emulator& emulator) { join_all(emulator, size); });
    db_.sql(
        fmt::format("select count(rolecall.upsert_organization('o' || n, 'O' || n, 'org_' || n)) "
                    "from generate_series(0, {}) n",
                    size.organizations - 1));
    for (const std::string slug : {"admin", "member"})
      db_.sql("select rolecall.upsert_global_role($1, $1)", {slug});
    // What is here comes from the stream; from then on the two sides are equal.
    db_.sql("select rolecall.start_events(now() - interval '1 hour')");
    auto worker = start();
    wait_until(db_,
               fmt::format("select count(*) = {} from rolecall.observed o where "
                           "o.reduce_due_at is null and o.verify_at is null",
                           size.all()),
               900, "all members are known here");
    worker.signal(SIGTERM);
    if (!worker.wait(std::chrono::seconds(60))) throw std::runtime_error("the worker goes on");
    db_.sql("vacuum analyze");
  }

  void compare(Promises& promises) {
    std::uint64_t seq = 0;
    workos_.inspect([&seq](emulator::Emulator& emulator) { seq = emulator.log().back().seq; });
    // Turns without a pause between them: what holds it back is the budget.
    db_.sql("update rolecall.schedules set every_ms = 1, due_at = now() where name = 'reconcile'");
    db_.sql("select rolecall.enable_schedule('reconcile')");
    const double server_before = server_processor_s(db_);
    const auto begun = Clock::now();
    auto worker = start();
    wait_until(db_, "select checked = organizations from rolecall.reconciliation_status", 1800,
               "every organization was compared");
    const std::chrono::duration<double> took = Clock::now() - begun;
    db_.sql("select rolecall.disable_schedule('reconcile')");
    const double most_mb = most_resident_mb(worker.pid());
    const Calls calls = calls_since(workos_, seq);
    // Some had a second turn before the schedule was switched off.
    const int passes = std::stoi(db_.value("select sum(pass) from rolecall.reconciliations"));
    fmt::print(
        "{} passes over {} organizations in {:.1f} s, {:.1f} s of processor time in the worker, "
        "{:.1f} s in the database\n{} calls to read, {} others\n",
        passes, size_.organizations, took.count(), processor_s(worker.pid()),
        server_processor_s(db_) - server_before, calls.reading, calls.others);
    // Two per hundred members and one more.
    const int pages = (size_.members + kPage - 1) / kPage;
    promises.at_most("calls of a pass over one organization", 2.0 * pages + 1,
                     static_cast<double>(calls.reading) / passes, "");
    promises.at_most("calls that WorkOS's limits refused", 0, calls.refused, "");
    promises.at_most("the worker's memory at its most", kPromisedMb, most_mb, " MB");
    promises.at_most("differences found", 0, count("rolecall.reconcile_findings"), "");
    promises.at_most("organizations that were not read in full", 0,
                     count("rolecall.reconciliations where failure is not null or unjudged <> "
                           "'{}'"),
                     "");
    promises.at_least("members and roles compared in a pass", size_.members,
                      std::stod(db_.value("select min(compared) from rolecall.reconciliations "
                                          "where checked_at is not null")),
                      "");
  }

 private:
  static emulator::EmulatorOptions options(const Size& size) {
    emulator::EmulatorOptions options;
    options.model.multiple_roles = true;
    options.model.api_key = kKey;
    options.rate_limits.on = true;
    options.seed_text = seed_text(size);
    return options;
  }
  Process start() {
    Process worker({{program_path("rolecall"), "run"},
                    {{"DATABASE_URL", db_.url()},
                     {"WORKOS_API_KEY", kKey},
                     {"WORKOS_API_BASE_URL", fmt::format("http://127.0.0.1:{}", port_)},
                     {"ROLECALL_LISTEN", "127.0.0.1:0"}},
                    ""});
    worker.address();
    return worker;
  }
  double count(const std::string& from) {
    return std::stod(db_.value("select count(*) from " + from));
  }

  Size size_;
  emulator::Server workos_;
  std::uint16_t port_ = 0;
  // What a server of this size would be given.
  TestCluster cluster_{{"shared_buffers=512MB"}};
  TestDatabase db_{TestDatabase::Schema::migrated, cluster_.url()};
};

}  // namespace

int main(int argc, char** argv) {
  Size size;
  if (argc > 1) size.organizations = std::stoi(argv[1]);
  if (argc > 2) size.members = std::stoi(argv[2]);
  if (size.organizations < 1 || size.members < 1) {
    fmt::print(stderr, "bench_reconcile [organizations] [members of each], both at least 1\n");
    return 2;
  }
  Promises promises;
  Run(size).compare(promises);
  return promises.exit_code();
}
