// Interleavings that broke simpler forms of the outbox. Each is played twice: against the functions
// as they are, and against the naive form, which must break; so the script is known to reach the
// spot.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/lane_world.hpp"

namespace rolecall::testing {
namespace {

// A statement that comes to this expression waits, its snapshot taken, until the gate is opened.
constexpr auto kPause = "(select true from pg_advisory_xact_lock(9001))";

class Gate {
 public:
  explicit Gate(LaneWorld& w) : holder_(w.database().connect_directly()) {
    holder_.run("select pg_advisory_lock(9001)").value();
  }
  void open() { holder_.run("select pg_advisory_unlock(9001)").value(); }

 private:
  Database holder_;
};

class Finding : public ::testing::Test {
 protected:
  LaneWorld w;
};
class FindingC4 : public Finding {};
class FindingC6 : public Finding {};
class FindingC9 : public Finding {};
class FindingH9 : public Finding {};
class FindingN1 : public Finding {};
class FindingN2 : public Finding {};
class FindingN3 : public Finding {};
class FindingN5 : public Finding {};
class FindingN6 : public Finding {};

// C4. A second mutation waits for the first on the subject's row and counts after it; under
// REPEATABLE READ it is told so. A lock beside the row lets it count from its old snapshot.
struct Counted {
  std::string sqlstate;
  std::string version;
};
Counted count_after_somebody_else(LaneWorld& w, const std::string& isolation,
                                  const std::string& count) {
  auto first = w.database().connect();
  auto second = w.database().connect();
  second.script("begin isolation level " + isolation + "; select 1 from rolecall.subjects").value();
  first.script("begin").value();
  first.run(count).value();
  auto waiting = std::async(std::launch::async, [&] { return second.run(count); });
  w.until_somebody_waits();
  first.script("commit").value();
  const auto result = waiting.get();
  Counted out{.sqlstate = sqlstate(result), .version = ""};
  if (!result.has_error()) out.version = result->rows[0][0].value_or("");
  second.script(out.sqlstate.empty() ? "commit" : "rollback").value();
  return out;
}

TEST_F(FindingC4, VersionsFollowTheOrderOfCommitsAndRepeatableReadIsToldSo) {
  const std::string bump = "select rolecall.bump('s', 'o1', 'member.push', '{}')";
  w.say({.subject = "s"});
  EXPECT_EQ(count_after_somebody_else(w, "read committed", bump).version, "3");
  EXPECT_EQ(count_after_somebody_else(w, "repeatable read", bump).sqlstate, "40001");
  EXPECT_EQ(count_after_somebody_else(w, "serializable", bump).sqlstate, "40001");
}

TEST_F(FindingC4, AnAdvisoryLockCountsTwiceFromAnOldSnapshot) {
  w.say({.subject = "s"});
  w.sql("create table counted (subject text, version bigint)");
  w.sql(
      "create function naive_bump() returns bigint language plpgsql as $$ declare v bigint; begin "
      "perform pg_advisory_xact_lock(hashtext('s')); "
      "insert into counted select 's', coalesce(max(version), 0) + 1 from counted returning "
      "version into v; "
      "return v; end $$");
  const auto lost = count_after_somebody_else(w, "repeatable read", "select naive_bump()");
  EXPECT_EQ(lost.sqlstate, "");
  EXPECT_EQ(w.value("select string_agg(version::text, ',') from counted"),
            "1,1");  // one change is lost
}

// C6. Waits may run in a circle; their bound ends them. A blocker that was superseded still blocks.
void say_in_a_circle(LaneWorld& w) {
  w.say({.subject = "x", .kind = "role.push", .waits = "row('y', 1)::rolecall.wait"});
  w.say({.subject = "y", .kind = "role.push", .waits = "row('x', 1)::rolecall.wait"});
  w.take_in();
}

TEST_F(FindingC6, ACircleOfWaitsEndsAtItsBound) {
  const auto worker = w.open_session();
  say_in_a_circle(w);
  EXPECT_EQ(w.wake(), 0);
  EXPECT_TRUE(w.lease(worker).empty());
  w.pass(61'000);
  EXPECT_EQ(w.wake(), 2);
  EXPECT_EQ(w.lease(worker).size(), 2U);
}

TEST_F(FindingC6, WithoutTheBoundACircleStandsForEver) {
  const auto worker = w.open_session();
  w.rewrite("wake_v2", "l.wait_until < (select clock_timestamp())", "false");
  say_in_a_circle(w);
  w.pass(24LL * 3600 * 1000);
  EXPECT_EQ(w.wake(), 0);
  EXPECT_TRUE(w.lease(worker).empty());
}

// role v1 <- member, then role v2 supersedes v1 before it was said: who is leased?
std::string leased_together(LaneWorld& w) {
  const auto worker = w.open_session();
  w.say({.subject = "role", .kind = "role.push"});
  w.take_in();
  w.say({.subject = "member", .waits = "row('role', 1)::rolecall.wait"});
  w.say({.subject = "role", .kind = "role.push"});
  w.take_in();
  w.wake();
  std::string subjects;
  for (const auto& lease : w.lease(worker)) subjects += lease.subject + " ";
  return subjects;
}

TEST_F(FindingC6, ASupersededBlockerStillBlocks) {
  EXPECT_EQ(leased_together(w), "role ");
}

TEST_F(FindingC6, WaitingForOneRowLetsTheMemberGoBeforeTheRole) {
  w.rewrite("first_unmet_v1", "rolecall.subject_reached_v1(w.subject)",
            "coalesce((select case when l.wanted_version = w.version then l.reached_version else "
            "w.version "
            "end from rolecall.lanes l where l.subject = w.subject), 0)");
  w.rewrite("wake_v2", "rolecall.subject_reached_v1(b.waits_on)", "9");
  EXPECT_EQ(leased_together(w), "role member ");  // at once, and nobody knows which arrives first
}

// C9. While a rescue looks, another frees the lane and a worker that came since leases it.
std::string state_after_a_late_rescue(LaneWorld& w, Gate& gate) {
  const auto gone = w.open_session();
  w.say({.subject = "s"});
  w.take_in();
  w.lease(gone);
  w.sql("update rolecall.worker_sessions set retired_at = now(), retired_because = 'lost'");
  auto rescue = w.later("select slow.rescue_v1(0)");
  w.until_somebody_waits();
  w.sql("select rolecall.free_lanes_v1(array['s'], 'worker_gone')");
  w.sql("update rolecall.lanes set look_after = null");
  const auto live = w.open_session();
  EXPECT_EQ(w.lease(live).size(), 1U);
  gate.open();
  rescue.get().value();
  return w.lane("s", "state");
}

TEST_F(FindingC9, ARescueThatLooksAtAnOldSnapshotRobsNoLiveWorker) {
  Gate gate(w);
  w.rewrite("rescue_v1", "l.leased_by = any (gone)",
            std::string("l.leased_by = any (gone) and ") + kPause, "slow");
  EXPECT_EQ(state_after_a_late_rescue(w, gate), "leased");
}

TEST_F(FindingC9, ARescueThatJoinsTheSessionsRobsALiveWorker) {
  Gate gate(w);
  w.rewrite(
      "rescue_v1",
      "select l.subject from rolecall.lanes l\n       where l.state = 'leased' and l.leased_by = "
      "any (gone) "
      "limit 1000 for update skip locked",
      std::string("select l.subject from rolecall.lanes l left join rolecall.worker_sessions s "
                  "on s.id = l.leased_by where l.state = 'leased' and (s.id is null or "
                  "s.retired_at is not null) "
                  "and ") +
          kPause + " limit 1000 for update of l skip locked",
      "slow");
  EXPECT_EQ(state_after_a_late_rescue(w, gate), "due");
}

// H9. A free lock does not mean that a worker is gone.
std::string state_after_two_looks(LaneWorld& w, bool locks, std::int64_t apart) {
  w.say({.subject = "s"});
  w.take_in();
  w.lease(w.open_session(locks));
  w.sql("select rolecall.rescue_v1(null)");
  w.pass(apart);
  w.sql("select rolecall.rescue_v1(null)");
  return w.lane("s", "state");
}

TEST_F(FindingH9, AWorkerThatTakesNoLockIsNotJudgedByIt) {
  EXPECT_EQ(state_after_two_looks(w, false, 2000), "leased");
}

TEST_F(FindingH9, JudgingEveryoneByTheLockRobsAWorkerThatTakesNone) {
  w.rewrite("retire_sessions_v1", "if session.locks then", "if true then");
  EXPECT_EQ(state_after_two_looks(w, false, 2000), "due");
}

TEST_F(FindingH9, OneFreeLookRetiresNobody) {
  EXPECT_EQ(state_after_two_looks(w, true, 100), "leased");
}

TEST_F(FindingH9, ASingleLookRobsAWorkerThatIsAboutToLock) {
  w.rewrite("retire_sessions_v1", "session.suspect_since < clock_timestamp() - interval '750 ms'",
            "true");
  EXPECT_EQ(state_after_two_looks(w, true, 0), "due");
}

// N1. A lane that somebody has locked answers busy, and settling again settles it.
std::string settle_a_locked_lane(LaneWorld& w) {
  const auto worker = w.open_session();
  w.say({.subject = "s"});
  w.take_in();
  const auto lease = w.lease_one(worker);
  auto operators = w.database().connect();
  operators.script("begin; select 1 from rolecall.lanes for update").value();
  auto settler = w.database().connect_directly();
  settler.script("set lock_timeout = '50ms'").value();
  const auto result =
      settler.run("select result from rolecall.settle_v1($1::bigint, $2::jsonb)",
                  {std::to_string(worker), "[" + settlement(lease, delivered()) + "]"});
  if (result.has_error()) return result.error().code;
  EXPECT_EQ(w.lane("s", "state"), "leased");
  EXPECT_EQ(w.value("select state from rolecall.sends"), "open");  // busy writes nothing
  operators.script("rollback").value();
  return result->text(0, "result") + " then " + w.settle(worker, lease, delivered());
}

TEST_F(FindingN1, BusyIsSettledAgain) {
  EXPECT_EQ(settle_a_locked_lane(w), "busy then ok");
}

TEST_F(FindingN1, WithoutSkipLockedTheSettlerWaitsForTheOperator) {
  w.rewrite("settle_v1", "for update skip locked", "for update");
  EXPECT_EQ(settle_a_locked_lane(w), "55P03");
}

// N2. A blocker that a person cancelled does not block.
std::int64_t woken_after_a_cancel(LaneWorld& w) {
  const auto blocker = w.say({.subject = "role", .kind = "role.push"});
  w.say({.subject = "member", .waits = "row('role', 1)::rolecall.wait"});
  w.take_in();
  w.sql("select rolecall.cancel(" + std::to_string(blocker) + ", 'a test')");
  return w.wake();
}

TEST_F(FindingN2, ACancelledBlockerDoesNotBlock) {
  EXPECT_EQ(woken_after_a_cancel(w), 1);
}

TEST_F(FindingN2, ComparingWithWhatWasDeliveredBlocksUntilTheBound) {
  w.rewrite("wake_v2", "rolecall.subject_reached_v1(b.waits_on)",
            "(select l.delivered_version from rolecall.lanes l where l.subject = b.waits_on)");
  EXPECT_EQ(woken_after_a_cancel(w), 0);
}

// N3. Intake passes by lanes that an operator has locked, under its limit.
std::string take_in_beside_an_operator(LaneWorld& w) {
  w.say({.subject = "locked"});
  w.take_in();
  for (int i = 0; i < 10; ++i) w.say({.subject = "locked"});
  for (int i = 0; i < 5; ++i) w.say({.subject = "free" + std::to_string(i)});
  auto operators = w.database().connect();
  operators.script("begin; select 1 from rolecall.lanes for update").value();
  auto worker = w.database().connect_directly();
  worker.script("set lock_timeout = '50ms'").value();
  const auto result = worker.run("select rolecall.take_in_v1(5) ->> 'moved' as moved");
  return result.has_error() ? result.error().code : result->text(0, "moved");
}

TEST_F(FindingN3, ALockedLaneStarvesNobody) {
  EXPECT_EQ(take_in_beside_an_operator(w), "5");
}

TEST_F(FindingN3, IntakeThatDoesNotLookWaitsForTheOperator) {
  for (int look = 0; look < 2; ++look)  // of an organization in its turn, and of the oldest
    w.rewrite(
        "pick_rows_v1",
        "exists (select from rolecall.lanes l where l.subject = o.subject for update skip locked)",
        "true");
  EXPECT_EQ(take_in_beside_an_operator(w), "55P03");
}

// N5. The send of a rescued lease stays open: it may still arrive.
std::string send_after_a_rescue(LaneWorld& w) {
  const auto worker = w.open_session();
  w.say({.subject = "s"});
  w.take_in();
  const auto lease = w.lease_one(worker);
  w.sql("select rolecall.close_session_v1(" + std::to_string(worker) + ")");
  const std::string rescued = w.value("select state from rolecall.sends");
  w.settle(worker, lease, delivered());
  return rescued + " then " + w.value("select state from rolecall.sends");
}

TEST_F(FindingN5, ARescuedLeaseLeavesItsSendOpen) {
  EXPECT_EQ(send_after_a_rescue(w), "open then answered");
}

TEST_F(FindingN5, AForgottenSendIsNoEvidenceAnyMore) {
  w.rewrite("free_lanes_v1", "visibility interval;", "visibility interval; forgotten int;");
  w.rewrite(
      "free_lanes_v1", "  return cardinality(lost);",
      "  delete from rolecall.sends s where s.subject = any (lost); return cardinality(lost);");
  EXPECT_EQ(send_after_a_rescue(w), " then ");
}

// N6. A lease that began early and locked late must say what the lane holds when it locks it.
std::string content_of_a_slow_lease(LaneWorld& w, Gate& gate) {
  const auto slow = w.open_session();
  const auto fast = w.open_session();
  const auto say = [&](const std::string& role) {
    w.say({.subject = "s",
           .desired = R"({"organization":"org_1","user":"u","roles":[")" + role + "\"]}"});
    w.take_in();
  };
  say("one");
  auto leasing = w.later(
      "select rolecall.record_sends_v1((slow.lease_lanes_v1(" + std::to_string(slow) +
      ", 1::smallint, 5, 30000, rolecall.known_kinds(), '')).leased) #>> '{0,desired,roles,0}' as "
      "role");
  w.until_somebody_waits();
  say("two");
  EXPECT_EQ(w.settle(fast, w.lease_one(fast), delivered()), "ok");
  say("three");
  gate.open();
  const auto result = leasing.get();
  return result.has_error() ? result.error().code : result->text(0, "role");
}

const std::string kSnapshot = "select clock_timestamp() as now)";
const std::string kSnapshotThenPause =
    std::string("select clock_timestamp() as now where ") + kPause + ")";

TEST_F(FindingN6, ASlowLeaseSaysWhatTheLaneHolds) {
  Gate gate(w);
  w.rewrite("lease_lanes_v1", kSnapshot, kSnapshotThenPause, "slow");
  EXPECT_EQ(content_of_a_slow_lease(w, gate), "three");
}

TEST_F(FindingN6, ContentReadFromAnotherTableIsOlderThanTheLock) {
  Gate gate(w);
  w.rewrite("lease_lanes_v1", "leased_version = l.wanted_version,",
            "leased_version = l.wanted_version, desired = s.desired,");
  w.rewrite("lease_lanes_v1", "from picked p where l.subject = p.subject",
            "from picked p join rolecall.subjects s on s.subject = p.subject where l.subject = "
            "p.subject");
  w.rewrite("lease_lanes_v1", kSnapshot, kSnapshotThenPause, "slow");
  EXPECT_EQ(content_of_a_slow_lease(w, gate), "one");
}

}  // namespace
}  // namespace rolecall::testing
