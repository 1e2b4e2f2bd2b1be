// How fast WorkOS's events are applied: 100,000 of them wait in the stream when a worker starts.
// Members join 200 organizations, and their roles change again and again; the emulator answers
// without rate limits from this process, on the same machine.
#include <fmt/format.h>

#include <condition_variable>
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

constexpr int kOrganizations = 200;
constexpr int kMembers = 25'000;  // unless the first argument says otherwise
constexpr int kChanges = 3;       // of each member's roles, after joining
constexpr const char* kKey = "sk_test_bench";
constexpr double kPromisedPerSecond = 5'000;
constexpr double kPromisedGrowth = 1.5;  // of the worker's memory while it applies them

std::string organization_of(int member) {
  return fmt::format("org_{}", member % kOrganizations);
}

std::string seed_text(int members) {
  std::string organizations;
  std::string users;
  for (int i = 0; i < kOrganizations; ++i)
    organizations += fmt::format(R"({}{{"id":"org_{}","name":"O{}"}})", i == 0 ? "" : ",", i, i);
  for (int i = 0; i < members; ++i)
    users += fmt::format(R"({}{{"id":"user_{}","email":"{}@x.example"}})", i == 0 ? "" : ",", i, i);
  return fmt::format(R"({{"organizations":[{}],"users":[{}]}})", organizations, users);
}

// What people do in the dashboard: all join, then all change, again and again.
void live(emulator::Emulator& workos, int members) {
  const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now() - std::chrono::minutes(10));
  const std::string path = "/user_management/organization_memberships";
  std::vector<std::string> ids;
  for (int i = 0; i < members; ++i) {
    const auto answer = workos.model().edit(
        {.method = "POST",
         .target = path,
         .body = fmt::format(
             R"({{"organization_id":"{}","user_id":"user_{}","role_slugs":["member"]}})",
             organization_of(i), i)},
        now + std::chrono::milliseconds(i));
    const auto at = answer.body.find("\"id\":\"om_") + 6;
    ids.push_back(answer.body.substr(at, answer.body.find('"', at) - at));
  }
  for (int change = 0; change < kChanges; ++change)
    for (int i = 0; i < members; ++i)
      workos.model().edit({.method = "PUT",
                           .target = path + "/" + ids[static_cast<std::size_t>(i)],
                           .body = change % 2 == 0 ? R"({"role_slugs":["admin","member"]})"
                                                   : R"({"role_slugs":["member"]})"},
                          now + std::chrono::milliseconds((change + 1) * members + i));
}

double resident_mb(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/statm", process));
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  return resident * 4096 / 1e6;
}

void pass(std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, time, [] { return false; });
}

struct Watched {
  double most_mb = 0;
  double at_tenth_mb = 0;
};

// Until all are applied; none: that took more than ten minutes.
std::optional<Watched> watch(TestDatabase& db, pid_t worker, int events) {
  Watched seen;
  const auto begun = std::chrono::steady_clock::now();
  while (true) {
    const auto applied =
        std::stoi(db.value("select count(*) from rolecall.inbox where applied_at is not null"));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    seen.most_mb = std::max(seen.most_mb, resident_mb(worker));
    if (seen.at_tenth_mb == 0 && applied >= events / 10) seen.at_tenth_mb = resident_mb(worker);
    if (applied >= events) return seen;
    if (took > std::chrono::minutes(10)) {
      fmt::print("{} of {} events after 10 minutes\n{}\n", applied, events,
                 db.value("select string_agg(outcome || ' ' || n, ', ') from (select outcome, "
                          "count(*) n from rolecall.inbox group by 1) x"));
      return std::nullopt;
    }
    pass(std::chrono::milliseconds(1000));
  }
}

void link(TestDatabase& db) {
  db.sql("update rolecall.provider_budgets set limit_calls = 1000000, per_ms = 1000");
  for (int i = 0; i < kOrganizations; ++i)
    db.sql("select rolecall.upsert_organization($1, $1, $2)",
           {fmt::format("o{}", i), fmt::format("org_{}", i)});
  for (const std::string slug : {"admin", "member"})
    db.sql("select rolecall.upsert_global_role($1, $1)", {slug});
  db.sql("select rolecall.start_events(now() - interval '1 hour')");
  // As `rolecall migrate` leaves it; tests begin with fewer.
  db.sql("select rolecall.make_partitions(60)");
}

}  // namespace

int main(int argc, char** argv) {
  const int members = argc > 1 ? std::stoi(argv[1]) : kMembers;
  const int events = members * (1 + kChanges);
  emulator::EmulatorOptions options;
  options.model.multiple_roles = true;
  options.model.api_key = kKey;
  options.rate_limits.on = false;
  options.seed_text = seed_text(members);
  emulator::Server workos(options);
  const auto port = workos.start().value();
  workos.inspect([members](emulator::Emulator& model) { live(model, members); });

  // What a server of this size would be given; a test cluster's 64 MB hold a third of the tables.
  const TestCluster cluster({"shared_buffers=512MB"});
  TestDatabase db(TestDatabase::Schema::migrated, cluster.url());
  link(db);

  const double server_before = server_processor_s(db);
  const auto begun_there = db.value("select clock_timestamp()");
  Process worker({{program_path("rolecall"), "run"},
                  {{"DATABASE_URL", db.url()},
                   {"WORKOS_API_KEY", kKey},
                   {"WORKOS_API_BASE_URL", fmt::format("http://127.0.0.1:{}", port)},
                   {"ROLECALL_LISTEN", "127.0.0.1:0"}},
                  ""});
  worker.address();
  const auto seen = watch(db, worker.pid(), events);
  if (!seen) return 1;
  const auto until = [&db, &begun_there](const std::string& what) {
    return std::stod(db.value(
        "select extract(epoch from max(" + what + ") - $1::timestamptz) from rolecall.inbox",
        {begun_there}));
  };
  const double took = until("applied_at");
  const auto held = db.value(
      "select count(*) from rolecall.organization_role_assignments where deleted_at is null");
  fmt::print(
      "{} events of {} members in {} organizations, {} assignments in the end\n"
      "applied in {:.1f} s (the stream was read after {:.1f} s), {:.1f} s of processor time in the "
      "worker, {:.1f} s in the database\n",
      events, members, kOrganizations, held, took, until("received_at"), processor_s(worker.pid()),
      server_processor_s(db) - server_before);
  Promises promises;
  promises.at_least("events applied a second", kPromisedPerSecond, events / took, "");
  promises.at_most("the worker's memory at its most, of what it was after a tenth", kPromisedGrowth,
                   seen->most_mb / std::max(seen->at_tenth_mb, 1.0), "");
  return promises.exit_code();
}
