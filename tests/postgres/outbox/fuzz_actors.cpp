#include "tests/postgres/outbox/fuzz_actors.hpp"

#include <fmt/format.h>

#include <atomic>

#include "tests/postgres/outbox/fuzz_line.hpp"

namespace rolecall::testing {
namespace {

const char* isolation(Dice& dice) {
  if (dice.percent(70)) return "read committed";
  return dice.one_in(2) ? "repeatable read" : "serializable";
}

bool is_role(const std::string& subject) {
  return subject.starts_with("r");
}

std::string desired_of(const std::string& subject, const std::string& content) {
  if (is_role(subject))
    return fmt::format(R"({{"organization":"org_1","slug":"org-{}","name":"{}"}})", subject,
                       content);
  return fmt::format(R"({{"organization":"org_1","user":"{}","roles":["{}"]}})", subject, content);
}

// One enqueue; answers its outbox id, or none.
std::optional<std::int64_t> enqueue(Line& line, Dice& dice) {
  static std::atomic<int> unique{0};
  const std::string subject = fuzz_subject(dice.below(kFuzzSubjects));
  std::string waits = "{}";
  if (dice.percent(40)) {
    // Only subjects that there are can be waited for.
    const auto others = line.run(
        "select string_agg(subject, ',') as some from (select subject from rolecall.subjects "
        "where subject <> $1 order by random() limit 2) x",
        {subject});
    if (!others.has_error()) waits = "{" + others->text(0, "some") + "}";
  }
  const auto row = line.run(
      "select rolecall.enqueue('o', $1, $2, $3::jsonb, $4::text[], $5::int) as id",
      {subject, is_role(subject) ? "role.push" : "member.push",
       desired_of(subject, fmt::format("u{}", ++unique)), waits, std::to_string(dice.below(3))});
  if (row.has_error()) return std::nullopt;
  return row->number(0, "id");
}

// Fills an open transaction. False: it failed and cannot commit.
bool change_things(Line& line, Dice& dice, Ledger& ledger, std::set<std::int64_t>& ids) {
  for (int n = 1 + dice.below(4); n > 0; --n) {
    const bool savepoint = dice.percent(20);
    if (savepoint && !line.script("savepoint a")) return false;
    const auto id = enqueue(line, dice);
    if (!id) return false;
    if (savepoint && dice.one_in(2)) {
      if (!line.script("rollback to a")) return false;
      ledger.count("savepoints rolled back");
    } else {
      ids.insert(*id);
    }
    if (dice.percent(15)) ledger.pass(dice.upto(20));
  }
  if (dice.percent(2)) {
    ledger.count("long transactions");
    ledger.pass(std::chrono::milliseconds(2000));
  }
  return true;
}

// Commits in one of the ways there are.
Result<Rows> commit(Line& line, Dice& dice, Ledger& ledger) {
  static std::atomic<int> prepared{0};
  if (!dice.percent(5)) return line.run("commit");
  const std::string name = fmt::format("fuzz{}", ++prepared);
  auto first = line.run(fmt::format("prepare transaction '{}'", name));
  if (first.has_error()) return first;
  ledger.count("prepared transactions");
  if (dice.percent(30)) ledger.pass(dice.upto(300));
  for (;;) {  // somebody must end it, whoever is killed
    auto second = line.run(fmt::format("commit prepared '{}'", name));
    if (!second.has_error() || line.is_open()) return second;
    line.reconnect();
  }
}

// Behind a pooler a line has no server process of its own.
std::vector<std::int64_t> pids_of(Database& connection, const std::string& user) {
  std::vector<std::int64_t> out;
  const auto rows = connection.run(
      "select pid from pg_stat_activity where usename = $1 and state <> 'idle'", {user});
  for (std::size_t i = 0; !rows.has_error() && i < rows->size(); ++i)
    out.push_back(rows->number(i, "pid"));
  return out;
}

}  // namespace

std::string fuzz_subject(int n) {
  return fmt::format("{}{:02}", n % 3 == 0 ? "r" : "s", n);
}

void run_application(Arena arena, std::uint64_t seed) {
  Dice dice(seed);
  Line line(arena, "application", "set rolecall.notify = 'off'");
  while (arena.ledger.applications_go_on()) {
    std::set<std::int64_t> ids;
    line.script(std::string("begin isolation level ") + isolation(dice));
    if (dice.percent(10)) line.script("set local statement_timeout = 200");
    if (dice.percent(30)) {  // the snapshot is older than what is done with it
      line.script("select 1 from rolecall.subjects limit 1");
      arena.ledger.pass(dice.upto(50));
    }
    const bool filled = change_things(line, dice, arena.ledger, ids);
    if (!filled || dice.percent(20)) {
      line.script("rollback");
      arena.ledger.count("rollbacks");
    } else {
      const auto answer = commit(line, dice, arena.ledger);
      arena.ledger.committed(ids, !answer.has_error());
      if (!answer.has_error()) arena.ledger.count("commits");
      if (answer.has_error() && answer.error().code == "23505")
        arena.ledger.violation("application: " + answer.error().detail);
    }
    if (!line.is_open()) line.reconnect();
    arena.ledger.pass(dice.upto(20));
  }
}

void run_operator(Arena arena, std::uint64_t seed) {
  Dice dice(seed);
  Line line(arena, "operator", "");
  const std::vector<std::string> deeds{"select rolecall.retry($1::text) as answer",
                                       "select rolecall.hold($1::text, 'fuzz') as answer",
                                       "select rolecall.release($1::text) as answer",
                                       "select rolecall.cancel($1::text, 'fuzz') as answer",
                                       "select rolecall.retry_dead(max_rows => 3) as answer",
                                       "update rolecall.lanes set next_attempt_at = now() "
                                       "where subject = $1 returning 'by hand' as answer"};
  while (arena.ledger.applications_go_on()) {
    line.script(std::string("begin isolation level ") +
                (dice.percent(70) ? "read committed" : "repeatable read"));
    for (int n = 0; n < 3; ++n) {
      const std::string& deed =
          deeds[static_cast<std::size_t>(dice.below(static_cast<int>(deeds.size())))];
      if (deed.find("cancel") != std::string::npos && dice.percent(70)) continue;
      const bool of_a_subject = deed.find("$1") != std::string::npos;
      const auto answer =
          line.run(deed, of_a_subject ? Params{fuzz_subject(dice.below(kFuzzSubjects))} : Params{});
      if (answer.has_error()) break;
      if (!answer->empty()) {
        const std::string word = answer->text(0, "answer");
        arena.ledger.count("operator: " +
                           word.substr(0, word.find(" by ") == std::string::npos ? 16 : 10));
      }
      if (dice.percent(20)) arena.ledger.pass(dice.upto(200));
    }
    if (dice.percent(10)) arena.ledger.pass(std::chrono::milliseconds(2000));
    line.script(dice.percent(80) ? "commit" : "rollback");
    if (!line.is_open()) line.reconnect();
    arena.ledger.pass(std::chrono::milliseconds(30));
  }
}

void run_killer(Arena arena, std::uint64_t seed) {
  Dice dice(seed);
  auto connection = arena.database.connect_directly();
  while (arena.ledger.applications_go_on()) {
    arena.ledger.pass(std::chrono::milliseconds(600) + dice.upto(900));
    const std::string kind = dice.percent(60) ? "application" : "worker";
    const auto pids = through_pooler() ? pids_of(connection, arena.logins.at(kind).user)
                                       : arena.ledger.pids(kind);
    if (pids.empty() || !arena.ledger.applications_go_on()) continue;
    const auto pid = pids[static_cast<std::size_t>(dice.below(static_cast<int>(pids.size())))];
    if (!connection.run("select pg_terminate_backend($1::int)", {std::to_string(pid)}).has_error())
      arena.ledger.count("kills");
  }
}

}  // namespace rolecall::testing
