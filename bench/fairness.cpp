// After how many leases 1,000 organizations of one row each are all leased, beside one organization
// whose 1,000,000 rows were there before: once with the backlog in the outbox, once in lanes.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "outbox/pg/pg_store.hpp"
#include "tests/support/loop.hpp"
#include "tests/support/postgres.hpp"
#include "worker/core/limits.hpp"

namespace {

using namespace rolecall;
using namespace rolecall::testing;
using Clock = std::chrono::steady_clock;

constexpr int kSmall = 1'000;
constexpr int kPromised = 2'000;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

struct Average {
  double seconds = 0;
  double longest = 0;
  int calls = 0;
  void add(double one) {
    seconds += one;
    longest = std::max(longest, one);
    ++calls;
  }
  std::string text() const {
    return fmt::format("{:.1f} ms (longest {:.1f})", calls > 0 ? 1000 * seconds / calls : 0,
                       1000 * longest);
  }
};

class Contest {
 public:
  Contest() {
    database_.sql(
        "insert into rolecall.subjects (subject, organization_id, object_key, version, kind, "
        "desired) select 'member:big:' || n, 'n-big', 'member:big:' || n, 1, 'member.push', "
        "'{\"organization\":\"org_1\",\"user\":\"u\",\"roles\":[\"member\"]}' "
        "from generate_series(1, 1000000) n");
    SessionRequest session{.program_version = "0.1.0", .host = "bench", .process_id = 1};
    worker_ = loop_.run(store_->open_session(session)).value();
  }

  void backlog_in_outbox() { fill("outbox", "n-big"); }
  void backlog_in_lanes() {
    database_.sql(
        "truncate rolecall.outbox, rolecall.outbox_history, rolecall.lanes, rolecall.sends");
    fill("lanes", "n-big");
  }

  // Leases until all small organizations have theirs, and some more for the averages.
  void run(const std::string& table, int batch, int least_leases) {
    const std::string small = fmt::format("{}{}-", table, batch);
    enqueue_small(table, small);
    int leases = 0, rows = 0, small_rows = 0, rows_until_all = 0;
    Average intake, lease;
    while (small_rows < kSmall || leases < least_leases) {
      if (table == "outbox") take_in(intake);
      ++leases;
      for (const auto& one : lease_due(batch, lease)) {
        ++rows;
        if (one.organization.text().find(small) == std::string::npos) continue;
        if (++small_rows == kSmall) rows_until_all = rows;
      }
    }
    fmt::print(
        "backlog in {:6}  lease batch {:3}: all small ones after {:5} leases (promised {}); ",
        table, batch, rows_until_all, kPromised);
    if (intake.calls > 0) fmt::print("take_in({}) {}, ", Limits{}.intake_batch, intake.text());
    fmt::print("lease {} on average\n", lease.text());
    std::fflush(stdout);
  }

 private:
  void fill(const std::string& table, const std::string& organization) {
    const auto begun = Clock::now();
    if (table == "outbox")
      database_.sql(
          "insert into rolecall.outbox (organization_id, subject, version, kind, desired, "
          "enqueued_by) select organization_id, subject, 1, kind, desired, 'bench' "
          "from rolecall.subjects where organization_id = $1",
          {organization});
    else
      database_.sql(
          "insert into rolecall.lanes (subject, organization_id, kind, priority, state, "
          "wanted_version, wanted_id, owed_since_id, enqueued_at, desired, next_attempt_at) "
          "select subject, organization_id, kind, 1, 'due', 1, 1, 1, now(), desired, "
          "now() - interval '1 hour' from rolecall.subjects where organization_id = $1",
          {organization});
    fmt::print("1,000,000 rows into {} in {:.1f} s\n", table, seconds_since(begun));
    std::fflush(stdout);
  }

  // One row of each, in its organization's name all over the alphabet.
  void enqueue_small(const std::string& table, const std::string& small) {
    database_.sql(
        "insert into rolecall.subjects (subject, organization_id, object_key, version, kind, "
        "desired) select 'member:' || $1 || n, chr(97 + n % 26) || $1 || n, 'member:' || $1 || n, "
        "1, 'member.push', '{\"organization\":\"org_1\",\"user\":\"u\",\"roles\":[\"member\"]}' "
        "from generate_series(1, 1000) n",
        {small});
    const std::string from =
        " from rolecall.subjects where subject like 'member:' || $1 || '%' order by subject";
    if (table == "outbox")
      database_.sql(
          "insert into rolecall.outbox (organization_id, subject, version, kind, desired, "
          "enqueued_by) select organization_id, subject, 1, kind, desired, 'bench'" +
              from,
          {small});
    else
      database_.sql(
          "insert into rolecall.lanes (subject, organization_id, kind, priority, state, "
          "wanted_version, wanted_id, owed_since_id, enqueued_at, desired, next_attempt_at) "
          "select subject, organization_id, kind, 1, 'due', 1, 1, 1, now(), desired, now()" +
              from,
          {small});
  }

  // As the worker's scheduler does: some full batches in a row before a lease has its turn.
  void take_in(Average& average) {
    const Limits limits;
    for (int round = 0; round < limits.intake_rounds; ++round) {
      const auto begun = Clock::now();
      const int moved = loop_.run(store_->take_in(limits.intake_batch)).value();
      average.add(seconds_since(begun));
      if (moved < limits.intake_batch) return;
    }
  }

  std::vector<Lease> lease_due(int batch, Average& average) {
    LeaseRequest request{
        .worker = worker_, .limit = batch, .lease_time = Millis{600'000}, .kinds = {"member.push"}};
    const auto begun = Clock::now();
    auto leased = loop_.run(store_->lease_due(std::move(request))).value();
    average.add(seconds_since(begun));
    return std::move(leased.leases);
  }

  TestDatabase database_;
  Loop loop_;
  std::unique_ptr<Store> store_ = make_pg_store({.database_url = database_.url(),
                                                 .connections = 1,
                                                 .statement_timeout = Millis{18'000},
                                                 .executor = loop_.executor()});
  WorkerId worker_;
};

}  // namespace

int main() {
  Contest contest;
  contest.backlog_in_outbox();
  contest.run("outbox", 64, 20);
  contest.run("outbox", 500, 10);
  contest.backlog_in_lanes();
  contest.run("lanes", 64, 40);
  contest.run("lanes", 500, 20);
}
