// The fuzz: applications, workers, operators and a killer at once, on the real schema and
// functions. ROLECALL_FUZZ_SECONDS says how long (20 unless told); ROLECALL_FUZZ_SEED repeats the
// dice of a run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <thread>

#include "tests/postgres/outbox/fuzz_actors.hpp"
#include "tests/postgres/outbox/lane_world.hpp"

namespace rolecall::testing {
namespace {

int from_environment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::stoi(text);
}

constexpr auto kLive =
    "select (select count(*) from rolecall.outbox) + (select count(*) from rolecall.lanes where "
    "state <> 'idle')";

// Nothing new comes: everything must end. Answers whether it did.
bool drain(TestDatabase& database, Ledger& ledger) {
  for (int round = 0; round < 300; ++round) {
    database.sql("select rolecall.retry(subject) from rolecall.lanes where state = 'dead'");
    database.sql("select rolecall.release(subject) from rolecall.lanes where state = 'held'");
    database.sql(
        "update rolecall.lanes set next_attempt_at = now(), look_after = null where state = 'due'");
    if (round == 40)
      database.sql("update rolecall.lanes set wait_until = now() where waits_on is not null");
    if (database.value(kLive) == "0") return true;
    ledger.pass(std::chrono::milliseconds(100));
  }
  return false;
}

void expect_every_row_once(TestDatabase& database, Ledger& ledger) {
  const auto rows = database.sql(
      "select id::text as id, count(*) as times, max(enqueued_by) as enqueued_by from "
      "rolecall.outbox_history group by 1");
  std::map<std::int64_t, std::int64_t> times;
  const auto sure = ledger.known_ids(true);
  const auto perhaps = ledger.known_ids(false);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto id = rows.number(i, "id");
    times[id] = rows.number(i, "times");
    if (rows.text(i, "enqueued_by") != "rolecall:reducer" && !sure.contains(id) &&
        !perhaps.contains(id))
      ledger.violation(fmt::format("I1: row {} of a transaction that did not commit", id));
  }
  for (const auto id : sure)
    if (times[id] != 1)
      ledger.violation(fmt::format("I5: row {} is in the history {} times", id, times[id]));
}

void expect_everything_said(TestDatabase& database, Ledger& ledger) {
  const auto rows = database.sql(
      "select s.subject, s.version, l.wanted_version, l.delivered_version, l.ended, s.desired = "
      "l.desired as same, "
      "s.desired::text as desired from rolecall.subjects s left join rolecall.lanes l on l.subject "
      "= s.subject");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string subject = rows.text(i, "subject");
    const auto version = rows.number(i, "version");
    const auto sent = ledger.sent_of(subject);
    if (rows.number(i, "wanted_version") != version || !rows.flag(i, "same"))
      ledger.violation(fmt::format("lost: {} is at {}, its lane wants {}", subject, version,
                                   rows.text(i, "wanted_version")));
    const auto said = rows.number(i, "delivered_version");
    if (said != version && rows.text(i, "ended") != "cancelled")
      ledger.violation(fmt::format("I12: {} is at {}, delivered {}", subject, version, said));
    if (said > sent.newest) ledger.violation(fmt::format("{} delivered {} unsent", subject, said));
    if (said == version && sent.contents.at(version) != rows.text(i, "desired"))
      ledger.violation(
          fmt::format("{} version {} was said with another content", subject, version));
  }
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(kFuzzSubjects));
}

void expect_a_straight_story(TestDatabase& database, Ledger& ledger) {
  const auto backwards = database.value(
      "select count(*) from (select version, lag(version) over (partition by subject order by id) "
      "as before "
      "from rolecall.outbox_attempts where outcome = 'delivered') x where before >= version");
  if (backwards != "0") ledger.violation("I3: delivered backwards " + backwards + " times");
  const auto open_ends = database.value(
      "select count(*) from rolecall.outbox_all where state not in ('delivered', 'superseded', "
      "'cancelled')");
  if (open_ends != "0") ledger.violation("I5: " + open_ends + " versions have no end");
}

std::map<std::string, TestDatabase::TcpAddress> logins(LaneWorld& w) {
  std::map<std::string, TestDatabase::TcpAddress> out;
  if (!through_pooler()) return out;
  for (const auto* kind : {"application", "worker", "operator"})
    out[kind] = w.database().pooled(Millis{0});
  w.sql(fmt::format("alter role {} set rolecall.notify = 'off'", out["application"].user));
  w.sql(fmt::format("alter role {} set lock_timeout = '1500ms'", out["worker"].user));
  return out;
}

// However slow the machine: each subject has changed once.
bool is_over(LaneWorld& w, int second, int seconds) {
  return second >= seconds &&
         w.value("select count(*) from rolecall.subjects") == std::to_string(kFuzzSubjects);
}

// Everybody at once, until the time is over, or a violation was seen where one is looked for.
void play(LaneWorld& w, Ledger& ledger, std::uint64_t seed, int seconds, bool until_violation) {
  const Arena arena{w.database(), ledger, logins(w)};
  w.sql("update rolecall.provider_control set visibility_ms = 300");
  std::vector<std::jthread> others;
  std::vector<std::jthread> workers;
  for (std::uint64_t i = 0; i < 6; ++i) others.emplace_back(run_application, arena, seed + i);
  others.emplace_back(run_operator, arena, seed + 10);
  others.emplace_back(run_killer, arena, seed + 20);
  for (std::uint64_t i = 0; i < 3; ++i) workers.emplace_back(run_worker, arena, seed + 30 + i);
  for (int second = 0; !is_over(w, second, seconds); ++second) {
    ledger.pass(std::chrono::seconds(1));
    if (until_violation && !ledger.violations().empty()) break;
  }
  ledger.stop_applications();
  others.clear();
  if (!until_violation && !drain(w.database(), ledger))
    ledger.violation("not drained: " +
                     w.value("select string_agg(concat_ws(' ', subject, state, waits_on), ', ') "
                             "from rolecall.lanes where state <> 'idle'"));
  ledger.stop_workers();
}

std::uint64_t seed_of_this_run() {
  return static_cast<std::uint64_t>(
      from_environment("ROLECALL_FUZZ_SEED", static_cast<int>(std::random_device{}() & 0xffffff)));
}

TEST(Fuzz, HoldsItsInvariantsUnderKillsZombiesAndOperators) {
  LaneWorld w;
  Ledger ledger;
  const auto seed = seed_of_this_run();
  play(w, ledger, seed, from_environment("ROLECALL_FUZZ_SECONDS", 20), false);
  expect_every_row_once(w.database(), ledger);
  expect_everything_said(w.database(), ledger);
  expect_a_straight_story(w.database(), ledger);
  std::cout << "fuzz, seed " << seed << "\n" << ledger.counts();
  const auto violations = ledger.violations();
  EXPECT_EQ(violations.size(), 0U) << "ROLECALL_FUZZ_SEED=" << seed << " repeats the dice";
  for (std::size_t i = 0; i < std::min<std::size_t>(violations.size(), 20); ++i)
    ADD_FAILURE() << violations[i];
}

TEST(Fuzz, FindsAWorkerThatWaitsForAnOperator) {
  LaneWorld w;
  Ledger ledger;
  for (int look = 0; look < 2; ++look)  // of an organization in its turn, and of the oldest
    w.rewrite(
        "pick_rows_v1",
        "exists (select from rolecall.lanes l where l.subject = o.subject for update skip locked)",
        "true");
  w.rewrite("settle_v1", "for update skip locked", "for update");
  play(w, ledger, seed_of_this_run(), 60, true);
  EXPECT_FALSE(ledger.violations().empty());
}

}  // namespace
}  // namespace rolecall::testing
