// What the reducer is shown and what it writes, reads and their discard rule, looks, and what ages
// out.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/postgres/outbox/lane_world.hpp"

namespace rolecall::testing {
namespace {

class Facts : public ::testing::Test {
 protected:
  // The facts of the only subject that is due, as one path in them.
  std::string fact(const std::string& path) {
    return w.value("select f #>> $1::text[] from rolecall.reduce_take_v1(10) f",
                   {"{" + path + "}"});
  }
  // Takes and applies in one transaction, as a worker does; the rest of the reduction keeps what is
  // there.
  void reduce(const std::string& rest) {
    w.sql("begin");
    w.sql(
        fmt::format("select rolecall.reduce_apply_v2(jsonb_build_array(jsonb_build_object("
                    "'subject', f -> 'subject', "
                    "'echoed', f -> 'echoed', "
                    "'looked', true, 'seen', f -> 'desired', 'seen_source', 'answer', 'seen_at', "
                    "'then', 'touched', f -> 'touched', "
                    "'audit', '[]'::jsonb) || {})) from rolecall.reduce_take_v1(10) f",
                    rest));
    w.sql("commit");
  }
  Leased leased_once(const Said& said) {
    w.say(said);
    w.take_in();
    return w.lease_one(worker);
  }
  std::string verification(const std::string& path) {
    return w.value("select v #>> $1::text[] from rolecall.take_verifications_v1($2::bigint, 10) v",
                   {"{" + path + "}", std::to_string(worker)});
  }
  std::string observed(const std::string& column) {
    return w.value("select " + column + " from rolecall.observed");
  }

  LaneWorld w;
  std::int64_t worker = w.open_session();
};
using Reductions = Facts;
using Reads = Facts;
using Looks = Facts;
using Upkeep = Facts;

TEST_F(Facts, OfALeasedLaneWait) {
  const auto lease = leased_once({.subject = "s"});
  w.sql(
      "insert into rolecall.observed (subject, organization_id, object_key, reduce_due_at) values "
      "('s', 'o1', 's', now())");
  EXPECT_EQ(fact("subject"), "");
  EXPECT_EQ(observed("reduce_due_at is not null"), "t");
  w.settle(worker, lease, delivered());
  EXPECT_EQ(fact("lane,state"), "idle");
  EXPECT_EQ(fact("sends,0,answer,incarnation"), "om_1");
  EXPECT_EQ(fact("organization"), "o1");
}

TEST_F(Facts, OfASubjectThatSomebodyHoldsComeALittleLater) {
  w.settle(worker, leased_once({.subject = "s"}), delivered());
  auto application = w.database().connect();
  application.script("begin; select rolecall.bump('s', 'o1', 'member.push', '{}')").value();
  EXPECT_EQ(fact("subject"), "");
  EXPECT_EQ(observed("reduce_due_at > clock_timestamp()"), "t");
  application.script("rollback").value();
  w.until("select count(*) = 1 from rolecall.reduce_take_v1(10)");
}

TEST_F(Reductions, ConfirmWithTheEvidence) {
  w.settle(worker, leased_once({.subject = "s"}), delivered());
  reduce("'{\"confirmed\":1,\"incarnation\":\"om_1\"}'");
  EXPECT_EQ(
      w.value("select version || source || request_id || effective_at from rolecall.confirmations"),
      "1answerreq_1then");
  EXPECT_EQ(w.value("select state from rolecall.convergence"), "confirmed");
  EXPECT_EQ(w.value("select confirmed_at is not null from rolecall.outbox_all"), "t");
  EXPECT_EQ(observed("reduce_due_at is null"), "t");
}

TEST_F(Reductions, ThatChangeNothingWriteNothingThatMutationsRead) {
  w.settle(worker, leased_once({.subject = "s"}), delivered());
  auto application = w.database().connect();
  application.script("begin isolation level repeatable read; select 1").value();
  reduce("'{\"touched\":{}}'");
  EXPECT_EQ(sqlstate(application.run("select rolecall.bump('s', 'o1', 'member.push', '{}')")), "");
  application.script("rollback").value();
}

TEST_F(Reductions, SayAgainWithAVersionOfTheirOwn) {
  w.settle(worker, leased_once({.subject = "s"}), delivered());
  const std::string touched = w.value("select touched from rolecall.subjects");
  reduce(
      "jsonb_build_object('next', jsonb_build_object('kind', 'member.push', 'desired', f -> "
      "'desired', "
      "'priority', 0, 'reason', 'late_write'))");
  EXPECT_EQ(w.value("select version || enqueued_by || reason || priority from rolecall.outbox"),
            "2rolecall:reducerlate_write0");
  EXPECT_EQ(w.value("select touched from rolecall.subjects"), touched);
  w.take_in();
  EXPECT_EQ(w.lease_one(worker).version, 2);
}

TEST_F(Reductions, AdoptWhatWorkOSShowed) {
  w.settle(worker, leased_once({.subject = "s"}), delivered());
  reduce(
      "'{\"adopted_desired\":{\"organization\":\"org_o1\",\"user\":\"s\",\"roles\":[\"other\"]},"
      "\"adopted_kind\":\"member.push\",\"confirmed\":2,\"audit\":[{\"verdict\":\"adopted\","
      "\"detail\":\"why\"}]}'");
  EXPECT_EQ(w.value("select version || (desired #>> '{roles,0}') from rolecall.subjects"),
            "2other");
  EXPECT_EQ(w.number("select count(*) from rolecall.outbox"), 0);
  EXPECT_EQ(w.value("select action || version || (detail ->> 'detail') from rolecall.audit_log"),
            "adopted2why");
  EXPECT_EQ(w.value("select state from rolecall.convergence"), "confirmed");
}

TEST_F(Reductions, EndALaneWhoseContentIsThereAlready) {
  w.settle(worker, leased_once({.subject = "s"}),
           {.outcome = "retry", .fate = "open", .failure = "in_doubt"});
  reduce("'{\"lane_observed\":true}'");
  EXPECT_EQ(w.lane("s", "state || ended || reached_version"), "idleobserved1");
  EXPECT_EQ(w.value("select state from rolecall.outbox_all"), "superseded");
  w.say({.subject = "s", .priority = 2});
  w.take_in();
  EXPECT_EQ(w.lane("s", "state || priority"), "due2");
}

TEST_F(Reductions, ThatFailAreShownAndNotTriedWithoutNewFacts) {
  w.settle(worker, leased_once({.subject = "s"}), delivered());
  w.sql(
      "select rolecall.reduce_apply_v2('[{\"subject\":\"s\",\"failed\":\"bug: no such kind\"}]')");
  EXPECT_EQ(w.value("select reason || detail from rolecall.attention"),
            "reduce_failedbug: no such kind");
  EXPECT_EQ(w.value("select state from rolecall.convergence"), "attention");
  EXPECT_EQ(fact("subject"), "");
}

TEST_F(Reads, AreRecordedOnceAndShownToTheReducer) {
  w.settle(worker, leased_once({.subject = "s"}), delivered());
  reduce("'{\"verify_in_ms\":0,\"verify_reason\":\"confirm\"}'");
  const std::string asked = verification("");
  EXPECT_EQ(verification("subject"), "");  // one reader
  EXPECT_EQ(w.value("select $1::jsonb ->> 'family' || ($1::jsonb ->> 'reason') || ($1::jsonb ->> "
                    "'noted_version')",
                    {asked}),
            "memberconfirm1");
  const std::string read =
      "select rolecall.record_read_v1($1::jsonb || '{\"shown\":{\"incarnation\":\"om_2\"}}')";
  EXPECT_EQ(w.value(read, {asked}), "t");
  EXPECT_EQ(fact("read,shown,incarnation"), "om_2");
  reduce("'{}'");
  EXPECT_EQ(observed("pending_read is null and verify_at is null"), "t");
}

TEST_F(Reads, ThatSomethingOvertookAreDiscarded) {
  w.settle(worker, leased_once({.subject = "s"}), delivered());
  const auto overtaken = [&](const std::string& by) {
    w.sql("update rolecall.observed set verify_at = now(), reading_until = null");
    const std::string asked = verification("");
    w.sql(by);
    return w.value("select rolecall.record_read_v1($1::jsonb || '{\"shown\":{}}')", {asked}) +
           observed(
               "coalesce(verify_at > clock_timestamp(), false)::text || (pending_read is null)");
  };
  EXPECT_EQ(overtaken("select 1"), "tfalsefalse");  // nothing did
  w.sql("update rolecall.observed set pending_read = null");
  EXPECT_EQ(overtaken("select rolecall.bump('s', 'o1', 'member.push', '{}')"), "ftruetrue");
  EXPECT_EQ(overtaken("insert into rolecall.sends (subject, object_key, version, lease_token, "
                      "operation, value) "
                      "values ('s', 's', 2, 99, 'put', '{}')"),
            "ftruetrue");
}

TEST_F(Reads, WaitForTheLeaseTheLookAndTheProvider) {
  const auto lease = leased_once({.subject = "s"});
  w.sql(
      "insert into rolecall.observed (subject, organization_id, object_key, verify_at) values "
      "('s', 'o1', 's', now())");
  EXPECT_EQ(verification("subject"), "");
  w.settle(worker, lease,
           {.outcome = "look", .fate = "unsent", .delay_ms = 5000, .failure = "look_first"});
  w.sql("update rolecall.observed set verify_at = now()");  // by somebody's look_at
  EXPECT_EQ(verification("subject"), "");
  w.pass(5100);
  w.sql("select rolecall.pause_provider('a test')");
  EXPECT_EQ(verification("subject"), "");
  w.sql("select rolecall.resume_provider()");
  EXPECT_EQ(verification("subject"), "s");
}

// Somebody waits at a login; then come the lanes that wait, then all that only confirms.
TEST_F(Reads, OfALoginComeFirst) {
  w.settle(worker, leased_once({.subject = "waits"}),
           {.outcome = "look", .fate = "unsent", .failure = "look_first"});
  w.pass(60'000);
  for (const char* subject : {"confirms", "in"}) {
    w.say({.subject = subject});
    w.take_in();
    w.settle(worker, w.lease_one(worker), delivered());
  }
  w.sql("update rolecall.observed set verify_at = now() - interval '1 hour' where subject <> 'in'");
  w.sql(
      "insert into rolecall.look_requests (organization_id, subject, reason) "
      "values ('o1', 'in', 'login')");
  EXPECT_EQ(w.value("select rolecall.next_due_v1(0) ->> 'work_now'"), "true");
  EXPECT_EQ(w.number("select (rolecall.take_in_v1(10) ->> 'moved')::int"), 1);
  const auto next = [&] {
    return w.value("select v ->> 'subject' from rolecall.take_verifications_v1($1::bigint, 1) v",
                   {std::to_string(worker)});
  };
  EXPECT_EQ(next(), "in");
  EXPECT_EQ(next(), "waits");
  EXPECT_EQ(next(), "confirms");
}

// A read under way may have begun before what the login saw: another one follows it.
TEST_F(Reads, OfALoginAreNotAnsweredByOneThatBeganBefore) {
  w.settle(worker, leased_once({.subject = "s"}), delivered());
  w.sql("update rolecall.observed set verify_at = now()");
  const std::string asked = verification("");
  const auto taken = [&] { return w.number("select rolecall.take_look_requests_v1(10)"); };
  w.sql(
      "insert into rolecall.look_requests (organization_id, subject, reason) "
      "values ('o1', 's', 'login')");
  EXPECT_EQ(taken(), 0);
  w.sql("select rolecall.record_read_v1($1::jsonb || '{\"shown\":{}}')", {asked});
  EXPECT_EQ(taken(), 0) << "it is to be reduced first";
  reduce("'{}'");
  EXPECT_EQ(taken(), 1);
  EXPECT_EQ(observed("verify_reason || (verify_at <= clock_timestamp())"), "logintrue");
}

TEST_F(Reads, FindOutThatAProviderIsBackWhenThereIsNothingToSay) {
  w.settle(worker, leased_once({.subject = "s"}), delivered());
  w.sql("update rolecall.observed set verify_at = now()");
  w.sql("select rolecall.report_provider_v1(0, 0, 5, 0, 'refused')");
  EXPECT_EQ(verification("subject"), "");
  w.pass(1100);
  EXPECT_EQ(w.value("select rolecall.next_due_v1(0) ->> 'work_now'"), "true");
  EXPECT_EQ(verification("subject"), "s");
  EXPECT_EQ(w.value("select probes from rolecall.provider_state"), "1");
}

TEST_F(Looks, HoldTheLaneBackUntilTheReducerSaysThatTheyAreOver) {
  w.settle(worker, leased_once({.subject = "s"}),
           {.outcome = "look", .fate = "unsent", .failure = "look_first"});
  EXPECT_EQ(observed("verify_at between now() + interval '25 s' and now() + interval '31 s'"),
            "t");  // visibility
  w.pass(60'000);
  EXPECT_TRUE(w.lease(worker).empty());
  w.say({.subject = "s"});
  w.take_in();
  EXPECT_TRUE(w.lease(worker).empty());  // a newer version does not answer the question
  w.sql("update rolecall.observed set reduce_due_at = now()");
  reduce("'{\"look_over\":true}'");
  EXPECT_EQ(w.lease_one(worker).version, 2);
}

TEST_F(Looks, OfALostCreateComeBeforeAnythingIsCreatedAgain) {
  const auto lease = leased_once({.subject = "s"});
  EXPECT_EQ(w.value("select $1::jsonb ->> 'operation'", {lease.document}), "create");
  w.sql("select rolecall.close_session_v1($1::bigint)", {std::to_string(worker)});
  worker = w.open_session();
  EXPECT_TRUE(w.lease(worker).empty());
  EXPECT_EQ(fact("lane,looking"), "true");
  reduce("'{}'");  // nothing was read yet
  EXPECT_EQ(observed("verify_at is not null"), "t");
  w.sql("update rolecall.lanes set look_after = null");
  EXPECT_EQ(w.value("select $1::jsonb ->> 'create_in_doubt'", {w.lease_one(worker).document}),
            "true");
}

TEST_F(Looks, AtOthersMakeTheirReadsDue) {
  w.say({.subject = "holder",
         .desired = R"({"organization":"org_1","user":"user:1","roles":["a"]})"});
  w.take_in();
  const auto lease = w.lease_one(worker);
  w.settle(worker, lease, delivered());
  w.sql("update rolecall.observed set reduce_due_at = null");
  Outcome look{.outcome = "look", .fate = "unsent", .failure = "look_first"};
  look.look_at =
      R"([{"family":"member","organization":"org_1","name":"user:1"},{"family":"member","organization":"org_1","name":"nobody"}])";
  w.settle(worker, leased_once({.subject = "role", .kind = "role.remove"}), look);
  EXPECT_EQ(verification("subject"), "holder");
}

TEST_F(Looks, AreQuarantinedWhileAnOpenSendNamesTheSlug) {
  w.settle(worker,
           leased_once({.subject = "m",
                        .desired = R"({"organization":"org_o1","user":"u","roles":["org-new"]})"}),
           {.outcome = "retry", .fate = "open", .delay_ms = 3'600'000, .failure = "in_doubt"});
  const auto lease = leased_once({.subject = "new", .kind = "role.push"});
  EXPECT_EQ(w.value("select ($1::jsonb ->> 'quarantine_left_ms')::int between 800000 and 900000",
                    {lease.document}),
            "t");
  const auto other =
      leased_once({.subject = "new2",
                   .kind = "role.push",
                   .desired = R"({"organization":"org_o2","slug":"org-new","name":"N"})",
                   .organization = "o2"});
  EXPECT_EQ(w.value("select $1::jsonb ->> 'quarantine_left_ms'", {other.document}), "0");
}

TEST_F(Upkeep, SendsThatCanNoLongerBeAppliedAgeOutAndTheReducerHearsOfIt) {
  w.settle(worker, leased_once({.subject = "s"}),
           {.outcome = "retry", .fate = "open", .delay_ms = 9'000'000, .failure = "in_doubt"});
  w.sql("update rolecall.observed set reduce_due_at = null");
  const auto run = [&] {
    w.sql("update rolecall.schedules set due_at = now()");
    w.sql("select rolecall.maintain_v1($1::bigint)", {std::to_string(worker)});
    return w.number("select count(*) from rolecall.sends");
  };
  EXPECT_EQ(run(), 1);
  w.pass(961'000);
  EXPECT_EQ(run(), 0);
  EXPECT_EQ(observed("reduce_due_at is not null"), "t");
}

// A reducer has the facts and is about to take the sends: waiting for it here would be a deadlock.
TEST_F(Upkeep, LeavesTheSendsOfWhoIsBeingReduced) {
  w.settle(worker, leased_once({.subject = "s"}),
           {.outcome = "retry", .fate = "open", .delay_ms = 9'000'000, .failure = "in_doubt"});
  w.pass(961'000);
  auto reducer = w.database().connect();
  reducer.script("begin").value();
  reducer.run("select from rolecall.observed for update").value();
  auto upkeep = w.database().connect();
  upkeep.script("set lock_timeout = '1s'").value();
  const auto left = [&] {
    w.sql("update rolecall.schedules set due_at = now()");
    EXPECT_TRUE(upkeep.run("select rolecall.maintain_v1(0)"));
    return w.number("select count(*) from rolecall.sends");
  };
  EXPECT_EQ(left(), 1);
  reducer.script("commit").value();
  EXPECT_EQ(left(), 0);
}

TEST_F(Upkeep, RunsOnceAPeriodAndForgetsSessionsLongGone) {
  w.sql("update rolecall.schedules set due_at = now()");
  w.sql(
      "insert into rolecall.worker_sessions (locks, program_version, host, process_id, retired_at, "
      "retired_because) "
      "values (true, '0', 'h', 1, now() - interval '8 days', 'lost')");
  EXPECT_GE(w.number("select rolecall.maintain_v1(0)"), 1);
  EXPECT_EQ(w.number("select rolecall.maintain_v1(0)"), 0);
  EXPECT_EQ(w.number("select count(*) from rolecall.worker_sessions"), 1);
}

}  // namespace
}  // namespace rolecall::testing
