#include <fmt/format.h>

#include "tests/postgres/outbox/fuzz_actors.hpp"
#include "tests/postgres/outbox/fuzz_line.hpp"
#include "tests/postgres/outbox/lane_world.hpp"

namespace rolecall::testing {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kLeaseMs = 600;
constexpr auto kSendWithin = std::chrono::milliseconds(300);

// A reducer that needs no WorkOS: answers are believed, looks end, what was delivered is confirmed,
// and now and then a state is said again.
constexpr auto kReduce = R"(
with reductions as materialized (select jsonb_build_object(
  'subject', f ->> 'subject', 'incarnation', 'om_1', 'echoed', f -> 'version', 'looked', true,
  'incarnation_created_at', '2024-01-01T00:00:00.000Z', 'seen_at', '2024-01-01T00:00:00.000Z',
  'seen', f -> 'desired', 'seen_source', 'answer', 'directory_managed', false,
  'touched', f -> 'touched',
  'closed', (select coalesce(jsonb_agg(s -> 'id'), '[]') from jsonb_array_elements(f -> 'sends') s
              where s ->> 'state' = 'answered'),
  'look_over', true, 'looks_absent', 0,
  'confirmed', case when f #>> '{lane,state}' = 'idle' and not (f -> 'next_row')::boolean
                     and not (f #> '{lane,cancelled}')::boolean
                     and f #> '{lane,wanted}' = f -> 'version'
                    then f -> 'version' end,
  'next', case when random() < $2::float8 and not (f -> 'next_row')::boolean
               then jsonb_build_object('kind', f -> 'kind', 'desired', f -> 'desired',
                                       'priority', 2, 'reason', 'said again') end,
  'audit', '[]'::jsonb) as reduction
  from rolecall.reduce_take_v1($1::int) f)
select count(*) as subjects, rolecall.reduce_apply_v2(jsonb_agg(reduction))
  from reductions having count(*) > 0)";

class Worker {
 public:
  Worker(Arena arena, std::uint64_t seed)
      : arena_(arena), dice_(seed), line_(arena, "worker", "set lock_timeout = '1500ms'") {
    register_session();
  }

  void run() {
    while (arena_.ledger.workers_go_on()) {
      const bool idle = !one_round();
      if (!line_.is_open()) come_back("connections lost");
      if (idle) arena_.ledger.pass(std::chrono::milliseconds(20));
    }
  }

 private:
  struct Pending {
    Leased lease;
    Outcome outcome;
  };

  bool calm() { return arena_.ledger.calm(); }

  void register_session() {
    for (;;) {
      // Behind a pooler there is no session to lock: the lease time frees what it leaves behind.
      const auto row = line_.run(fmt::format(
          "select rolecall.open_session_v1({}, '0.1.0', 'fuzz', 1) as id", !through_pooler()));
      if (!row.has_error()) {
        session_ = row->number(0, "id");
        if (through_pooler()) return;
        if (!line_.run(fmt::format("select pg_advisory_lock(7071, {})", session_)).has_error())
          return;
      }
      if (!line_.is_open()) line_.reconnect();
    }
  }

  void come_back(const std::string& why) {
    arena_.ledger.count(why);
    pending_.clear();
    line_.reconnect();
    register_session();
  }

  // A worker's statement. Waiting for a lock, or breaking a constraint, is a violation.
  Result<Rows> state(const std::string& sql, const Params& params = {}) {
    const auto begun = Clock::now();
    auto answer = line_.run(sql, params);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
    if (took > std::chrono::milliseconds(500)) arena_.ledger.count("worker statements over 500 ms");
    if (answer.has_error()) {
      const std::string& code = answer.error().code;
      if (code == "55P03")
        arena_.ledger.violation("I9: a worker waited: " + sql.substr(0, 60));
      else if (line_.is_open())  // nothing else may go wrong but the connection
        arena_.ledger.violation("worker: " + code + " " + answer.error().detail);
    }
    return answer;
  }

  std::int64_t number(const std::string& sql, const std::string& what) {
    const auto answer = state(sql);
    if (answer.has_error()) return 0;
    const auto n = answer->number(0, "n");
    arena_.ledger.count(what, n);
    return n;
  }

  Outcome outcome() {
    if (calm()) return delivered();
    const int roll = dice_.below(100);
    const std::string fate = dice_.one_in(2) ? "open" : "unsent";
    const auto delay = dice_.below(300);
    if (roll < 50) return delivered();
    if (roll < 60) return {.outcome = "partial"};
    if (roll < 80)
      return {.outcome = "retry", .fate = fate, .delay_ms = delay, .failure = "in_doubt"};
    if (roll < 88)
      return {.outcome = "look", .fate = fate, .delay_ms = delay, .failure = "look_first"};
    return {.outcome = roll < 95 ? "dead" : "held", .fate = "unsent", .failure = "rejected"};
  }

  bool one_round() {
    const auto taken = number(
        fmt::format("select (rolecall.take_in_v1({}) ->> 'moved')::int as n", 1 + dice_.below(20)),
        "taken in");
    const bool leased = lease_and_send();
    if (!calm() && dice_.one_in(100)) {
      arena_.ledger.count("zombies");
      arena_.ledger.pass(std::chrono::milliseconds(1500));
    }
    if (!calm() && dice_.one_in(100)) {
      come_back("crashes");
      return true;
    }
    settle();
    if (dice_.percent(40)) number("select woken as n from rolecall.wake_v2(100, '')", "woken");
    if (dice_.percent(20))
      number(fmt::format("select (rolecall.rescue_v1({}) ->> 'lanes_freed')::int as n", session_),
             "rescued");
    if (dice_.percent(40)) reduce();
    if (dice_.percent(10)) look();
    return taken > 0 || leased;
  }

  bool lease_and_send() {
    const auto begun = Clock::now();
    const auto rows = state(fmt::format(
        "select l ->> 'subject' as subject, l ->> 'version' as version, l ->> 'token' as token, "
        "l ->> 'send' as send, l ->> 'desired' as desired from jsonb_array_elements("
        "rolecall.lease_due_v1({}, {}, {}, rolecall.known_kinds()) -> 'leases') l",
        session_, 1 + dice_.below(8), kLeaseMs));
    if (rows.has_error()) return false;
    arena_.ledger.count("leased", static_cast<std::int64_t>(rows->size()));
    for (std::size_t i = 0; i < rows->size(); ++i) {
      const Leased lease{.subject = rows->text(i, "subject"),
                         .version = rows->number(i, "version"),
                         .token = rows->number(i, "token"),
                         .send = rows->number(i, "send"),
                         .outbox_id = 0,
                         .desired = rows->text(i, "desired"),
                         .document = ""};
      if (!calm() && dice_.percent(30)) arena_.ledger.pass(dice_.upto(30));
      if (Clock::now() - begun > kSendWithin) {  // too late to send under this lease
        arena_.ledger.count("not sent, too late");
        pending_.push_back({lease, retry("transient")});
        continue;
      }
      arena_.ledger.sent(lease.subject, lease.version, lease.desired);
      pending_.push_back({lease, outcome()});
    }
    return !rows->empty();
  }

  void settle() {
    if (pending_.empty()) return;
    std::string batch;
    for (const auto& p : pending_)
      batch += (batch.empty() ? "[" : ",") + settlement(p.lease, p.outcome);
    const auto rows = state("select result from rolecall.settle_v1($1::bigint, $2::jsonb)",
                            {std::to_string(session_), batch + "]"});
    if (rows.has_error()) return;
    std::vector<Pending> busy;
    for (std::size_t i = 0; i < rows->size(); ++i) {
      const std::string result = rows->text(i, "result");
      arena_.ledger.count("settled " + result);
      if (result == "busy") busy.push_back(pending_[i]);
    }
    pending_ = std::move(busy);
  }

  void reduce() {
    if (!line_.script("begin")) return;
    const auto done = state(kReduce, {"5", calm() ? "0" : "0.05"});
    if (!done.has_error() && done->size() == 1)
      arena_.ledger.count("reduced", std::stoll(done->text(0, "subjects")));
    line_.script(done.has_error() ? "rollback" : "commit");
  }

  void look() {
    const auto rows = state(
        fmt::format("select v::text as v from rolecall.take_verifications_v1({}, 3) v", session_));
    if (rows.has_error()) return;
    for (std::size_t i = 0; i < rows->size(); ++i) {
      if (!calm() && dice_.percent(30)) arena_.ledger.pass(dice_.upto(50));
      const auto kept = state(
          "select rolecall.record_read_v1($1::jsonb || '{\"shown\":{\"incarnation\":\"om_1\"}}') "
          "as kept",
          {rows->text(i, "v")});
      if (!kept.has_error())
        arena_.ledger.count(kept->flag(0, "kept") ? "reads kept" : "reads discarded");
    }
  }

  Arena arena_;
  Dice dice_;
  Line line_;
  std::int64_t session_ = 0;
  std::vector<Pending> pending_;
};

}  // namespace

void run_worker(Arena arena, std::uint64_t seed) {
  Worker(arena, seed).run();
}

}  // namespace rolecall::testing
