// The contract's world on PostgreSQL: a fresh database, PgStore, and SQL for everybody else.
#include <fmt/format.h>

#include <map>

#include "outbox/pg/pg_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/support/postgres.hpp"

namespace rolecall::contract {
namespace {

std::string literal(const std::vector<Wait>& waits) {
  std::string out = "array[";
  for (const auto& wait : waits)
    out += fmt::format("{}('{}', {})::rolecall.wait", out.size() > 6 ? ", row" : "row",
                       wait.subject, wait.version);
  return out + "]::rolecall.wait[]";
}

class PostgresWorld final : public World {
 public:
  PostgresWorld() {
    for (const RateClass rate_class : kRateClasses)
      limit_calls(rate_class, 1'000'000, Millis{1'000});
    store_ = make_pg_store({.database_url = database_.store_url(),
                            .poll_only = testing::through_pooler(),
                            .executor = loop_.executor()});
  }

  Store& store() override { return *store_; }
  testing::Loop& loop() override { return loop_; }

  // Time that passed is a past that moved: every instant becomes earlier.
  void pass(Millis time) override {
    database_.sql(fmt::format(
        "do $$ declare c record; begin "
        "for c in select table_name, string_agg(format('%1$I = %1$I - interval ''{} ms''', "
        "column_name), ', ') as sets from information_schema.columns "
        "where table_schema = 'rolecall' and data_type = 'timestamp with time zone' "
        "and table_name in ('lanes', 'observed', 'sends', 'outbox', 'provider_state', "
        "'provider_pace', 'schedules', "
        "'worker_sessions') group by 1 loop "
        "execute format('update rolecall.%I set %s', c.table_name, c.sets); end loop; end $$",
        time.count()));
  }

  std::int64_t mutate(const Change& change) override {
    database_.sql("begin");
    database_.sql("select rolecall.bump($1, $2, $3, $4::jsonb)",
                  {change.subject, change.organization, change.kind, change.desired});
    const auto id = database_.value(
        fmt::format(
            "select rolecall.publish($1, $2, $3, $4::jsonb, {}, $5::int, 'a test', null, true)",
            literal(change.waits)),
        {change.subject, change.organization, change.kind, change.desired,
         std::to_string(change.priority)});
    database_.sql("commit");
    return std::stoll(id);
  }

  void lock_lane(const std::string& subject) override {
    auto operators = std::make_unique<Database>(database_.connect());
    operators->script("begin").value();
    operators->run("select 1 from rolecall.lanes where subject = $1 for update", {subject}).value();
    locks_[subject] = std::move(operators);
  }
  void unlock_lane(const std::string& subject) override {
    locks_.at(subject)->script("rollback").value();
    locks_.erase(subject);
  }

  void retry(const std::string& subject) override { act("rolecall.retry($1::text)", subject); }
  void hold(const std::string& subject) override { act("rolecall.hold($1::text, 'why')", subject); }
  void release(const std::string& subject) override { act("rolecall.release($1::text)", subject); }
  void cancel(const std::string& subject) override {
    act("rolecall.cancel($1::text, 'why')", subject);
  }
  void pause_provider() override { database_.sql("select rolecall.pause_provider('why')"); }
  void resume_provider() override { database_.sql("select rolecall.resume_provider()"); }
  void limit_calls(RateClass rate_class, int calls, Millis in) override {
    database_.sql(
        "update rolecall.provider_budgets set limit_calls = $2::int, per_ms = $3::int, share = 1 "
        "where class = $1",
        {std::string(name_of(rate_class)), std::to_string(calls), std::to_string(in.count())});
  }

  void lose_session(WorkerId worker) override {
    const std::string id = std::to_string(worker.number());
    const std::string held =
        "from pg_locks where locktype = 'advisory' and classid = 7071 and database = (select oid "
        "from pg_database where datname = current_database()) and objid = " +
        id;
    database_.sql("select pg_terminate_backend(pid) " + held);
    while (database_.value("select count(*) " + held) != "0") {
    }
  }

  LaneView lane(const std::string& subject) override {
    const auto rows = database_.sql(
        "select state, wanted_version, delivered_version, attempts, leases, priority, "
        "waits_on is not null as waits, look_after is not null as looking, failure_class, "
        "failure_code from rolecall.lanes where subject = $1",
        {subject});
    if (rows.empty()) return {};
    return {.state = rows.text(0, "state"),
            .wanted = rows.number(0, "wanted_version"),
            .delivered = rows.number(0, "delivered_version"),
            .attempts = static_cast<int>(rows.number(0, "attempts")),
            .leases = static_cast<int>(rows.number(0, "leases")),
            .priority = static_cast<int>(rows.number(0, "priority")),
            .waits = rows.flag(0, "waits"),
            .looking = rows.flag(0, "looking"),
            .failure_class = rows.text(0, "failure_class"),
            .failure_code = rows.text(0, "failure_code")};
  }

  std::vector<SendView> sends(const std::string& subject) override {
    const auto rows = database_.sql(
        "select operation, version, state from rolecall.sends where subject = $1 order by id",
        {subject});
    std::vector<SendView> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
      out.push_back({rows.text(i, "operation"), rows.number(i, "version"), rows.text(i, "state")});
    return out;
  }

  std::int64_t outbox_rows() override { return number("select count(*) from rolecall.outbox"); }
  std::int64_t version(const std::string& subject) override {
    return number("select version from rolecall.subjects where subject = $1", {subject});
  }
  std::int64_t confirmed(const std::string& subject) override {
    return number("select confirmed_version from rolecall.observed where subject = $1", {subject});
  }
  bool reduce_due(const std::string& subject) override {
    return number(
               "select count(*) from rolecall.observed where reduce_due_at is not null and "
               "subject = $1",
               {subject}) == 1;
  }
  std::string reduce_failure(const std::string& subject) override {
    return database_.value("select reduce_failure from rolecall.observed where subject = $1",
                           {subject});
  }

 private:
  void act(const std::string& call, const std::string& subject) {
    database_.sql("select " + call, {subject});
  }
  std::int64_t number(const std::string& sql, const Params& params = {}) {
    const std::string text = database_.value(sql, params);
    return text.empty() ? 0 : std::stoll(text);
  }

  testing::TestDatabase database_;
  testing::Loop loop_;
  std::unique_ptr<Store> store_;
  std::map<std::string, std::unique_ptr<Database>> locks_;
};

const Registration kPostgres("Postgres", [] { return std::make_unique<PostgresWorld>(); });

}  // namespace
}  // namespace rolecall::contract
