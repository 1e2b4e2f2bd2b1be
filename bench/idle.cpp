// What one worker with nothing due costs: statements a second and its share of a core; and how many
// notifications 1,000 enqueues send while it is busy.
#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <sstream>

#include "outbox/pg/migrator.hpp"
#include "tests/support/http.hpp"
#include "tests/support/stand.hpp"

namespace {

using namespace rolecall;
using namespace rolecall::testing;

constexpr auto kWarmUp = std::chrono::seconds(5);
constexpr auto kMeasured = std::chrono::seconds(30);
constexpr int kEnqueues = 1'000;

// What is measured is a span of time; nothing ends it sooner.
void pass(std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, time, [] { return false; });
}

// User and system time of a process, from the 14th and 15th field of its stat.
double cpu_seconds(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::stringstream text;
  text << file.rdbuf();
  std::istringstream fields(text.str().substr(text.str().rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// Statements that clients sent; those inside functions are not counted (track = top), nor ours.
std::string statements(const std::string& select) {
  return "select " + select +
         " from pg_stat_statements s join pg_database d on d.oid = s.dbid "
         "where d.datname = current_database() and query not like '%pg_stat_statements%'";
}

void idle(TestDatabase& db, Process& worker, const std::string& name) {
  pass(kWarmUp);
  db.sql("select pg_stat_statements_reset()");
  const double before = cpu_seconds(worker.pid());
  const auto begun = std::chrono::steady_clock::now();
  pass(kMeasured);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const double cpu = cpu_seconds(worker.pid()) - before;
  const double calls = std::stod(db.value(statements("coalesce(sum(calls), 0)")));
  const auto told = db.sql(statements("calls, left(replace(query, e'\\n', ' '), 60) as query") +
                           " order by calls desc");
  fmt::print("{}: {:.2f} statements a second (promised 1), {:.2f} % of a core (promised 0.30)\n",
             name, calls / took.count(), 100 * cpu / took.count());
  for (std::size_t i = 0; i < told.size(); ++i)
    fmt::print("  {:4} x {}\n", told.text(i, "calls"), told.text(i, "query"));
}

// Calls to WorkOS stall, so that the worker has all its places taken and more is due: it is awake.
void notifications(Stand& stand, TestDatabase& db) {
  db.sql("update rolecall.provider_control set visibility_ms = 50");
  stand.fault("POST|PUT", ".*", "delay", "\"delay_ms\":2000");
  const std::string enqueue =
      "select rolecall.enqueue('acme', 'member:bench:' || $1, 'member.push', jsonb_build_object("
      "'organization', 'org_1', 'user', 'user_' || $1, 'roles', array['member']))";
  for (int n = 0; n < 500; ++n) db.sql(enqueue, {std::to_string(n)});
  stand.until("select (count(*) >= 64)::text from rolecall.lanes where state = 'leased'", "true");
  db.sql("select pg_stat_statements_reset()");
  for (int n = 0; n < kEnqueues; ++n) db.sql(enqueue, {std::to_string(1'000 + n)});
  // Inside the enqueuing function, so it is counted with track = all.
  const auto sent =
      db.value("select coalesce(sum(calls), 0) from pg_stat_statements where query ~ 'pg_notify'");
  fmt::print("{} enqueues while the worker is busy: {} notifications (promised 0)\n", kEnqueues,
             sent);
}

}  // namespace

int main() {
  const TestCluster cluster(
      {"shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=top"});
  for (const bool poll_only : {false, true}) {
    auto database = std::make_unique<TestDatabase>(TestDatabase::Schema::migrated, cluster.url());
    database->sql("create extension pg_stat_statements");
    database->sql("alter role postgres set statement_timeout = '5s'");
    Stand stand({}, std::move(database));
    auto& worker = stand.start_worker({{"ROLECALL_POLL_ONLY", poll_only ? "true" : "false"}});
    worker.address();
    idle(stand.db(), worker, poll_only ? "poll-only" : "normal");
    if (poll_only) continue;
    stand.db().sql("alter system set pg_stat_statements.track = 'all'");
    stand.db().sql("select pg_reload_conf()");
    stand.until("show pg_stat_statements.track", "all");
    notifications(stand, stand.db());
    stand.db().sql("alter system reset pg_stat_statements.track");
    stand.db().sql("select pg_reload_conf()");
  }
}
