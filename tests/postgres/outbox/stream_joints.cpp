// Where the event stream meets what stops it and what waits for it: a provider that is down, a
// switch, replays that fail, and the mass-revoke guard.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/postgres/outbox/event_world.hpp"
#include "tests/postgres/outbox/guard_world.hpp"

namespace rolecall::testing {
namespace {

class StreamJoints : public ::testing::Test {
 protected:
  void provider_is(const std::string& state, const std::string& probe_in) {
    w.sql(
        "update rolecall.provider_state set state = $1, probes = 0, probe_at = clock_timestamp() + "
        "$2::interval",
        {state, probe_in});
  }
  void park(const std::string& workos, const std::string& event, const std::string& at) {
    w.sql(
        "insert into rolecall.inbox (event_id, type, at, family, workos_organization_id, name, "
        "problem) values ($2, 'organization_membership.updated', $3, 'member', $1, 'user_x', 'no')",
        {workos, event, at});
    w.sql("select rolecall.park_v1($1, max(seq), 'no') from rolecall.inbox", {workos});
    w.sql(
        "update rolecall.workos_organization_syncs set replay_asked_at = clock_timestamp(), "
        "replayed_to = last_event_id where workos_organization_id = $1",
        {workos});
  }
  static Told unreadable(Told told) {
    const std::string status = R"("status":"active",)";
    return {told.type, told.data.erase(told.data.find(status), status.size()), told.second};
  }
  std::string command(const std::string& reason) {
    return w.value("select command from rolecall.attention where reason = $1", {reason});
  }
  std::string schedule(const std::string& column) {
    return w.value("select " + column + " from rolecall.schedules where name = 'pull_events'");
  }

  EventWorld w{};
};

// Nothing is to be said and nothing to be read: nobody else would find out.
TEST_F(StreamJoints, APullFindsOutThatAProviderIsBack) {
  for (const auto* state : {"open", "unauthorised"}) {
    provider_is(state, "1 min");
    EXPECT_FALSE(w.grant().task);
    provider_is(state, "-1 s");
    EXPECT_TRUE(w.grant().task);
    EXPECT_EQ(w.value("select probes from rolecall.provider_state"), "1");
    EXPECT_FALSE(w.grant().task) << "one probe at a time";
  }
  provider_is("open", "-1 s");
  w.sql("select rolecall.pause_provider('a test')");
  EXPECT_FALSE(w.grant().task);
}

TEST_F(StreamJoints, AReconciliationFindsOutAsWell) {
  w.sql("select rolecall.enable_schedule('reconcile')");
  const auto granted = [&] {
    w.sql(
        "update rolecall.schedules set due_at = now(), leased_by = null where name = 'reconcile'");
    return w.value("select rolecall.take_reconcile_v1($1) ->> 'granted'",
                   {std::to_string(w.worker)});
  };
  provider_is("open", "1 min");
  EXPECT_EQ(granted(), "false");
  provider_is("open", "-1 s");
  EXPECT_EQ(granted(), "true");
  EXPECT_EQ(granted(), "false") << "one probe at a time";
}

TEST_F(StreamJoints, SwitchedOffWhatWaitedForTheStreamGoesOn) {
  w.tell({joined("ann", "member", 1)});
  w.sql(
      "update rolecall.observed set reduce_due_at = null, pending_read = jsonb_build_object("
      "'begun_at', rolecall.json_time_v1(now()))");
  w.sql("select rolecall.disable_schedule('pull_events')");
  EXPECT_EQ(w.value("select reduce_due_at <= clock_timestamp() from rolecall.observed"), "t");
}

TEST_F(StreamJoints, AReplayThatFailsIsToldAndHoldsUpNoOther) {
  park("org_8", "event_8", at_second(1));
  park("org_9", "event_9", at_second(1));
  const auto first = w.grant();
  ASSERT_TRUE(first.replay);
  EXPECT_EQ(first.replay->organization, "org_8");
  ASSERT_TRUE(w.record_page(*first.task, {.end = true}));
  w.sql("select rolecall.end_pull_v1($1, 'refused in a test', false, 60000)",
        {std::to_string(w.worker)});
  EXPECT_EQ(schedule("last_result"), "failed: refused in a test");
  EXPECT_EQ(schedule("due_at > now() + interval '30 s'"), "t");
  EXPECT_EQ(w.value("select failing_since is null from rolecall.event_stream"), "t")
      << "the stream itself was read";
  const auto second = w.grant();
  ASSERT_TRUE(second.replay);
  EXPECT_EQ(second.replay->organization, "org_9");
}

TEST_F(StreamJoints, AReplayWithNoEventBeforeItsFirstBeginsJustBeforeThat) {
  park("org_9", "event_9", w.value("select rolecall.json_time_v1(now() - interval '1 hour')"));
  const auto granted = w.grant();
  ASSERT_TRUE(granted.replay);
  EXPECT_EQ(granted.replay->after, "");
  EXPECT_EQ(w.value("select $1::timestamptz between now() - interval '62 min' and now() - interval "
                    "'60 min'",
                    {granted.replay->since}),
            "t")
      << granted.replay->since;
  park("org_9", "event_10", w.value("select rolecall.json_time_v1(now() - interval '99 days')"));
  EXPECT_EQ(
      w.value("select $1::timestamptz > now() - interval '30 days'", {w.grant().replay->since}),
      "t");
}

TEST_F(StreamJoints, NoCursorIsAnIdOfOurOwn) {
  w.sql(
      "insert into rolecall.inbox (event_id, type, at, family, workos_organization_id, name) "
      "select 'event_' || id, 'organization_role.deleted', $1, 'role', 'org_9', 'org-x' from "
      "unnest(array['1', '2:end']) id",
      {at_second(1)});
  park("org_9", "event_3", at_second(1));
  EXPECT_EQ(w.grant().replay->after, "event_1");
}

TEST_F(StreamJoints, StartedAnewItAsksForEveryTypeAgain) {
  w.sql("update rolecall.event_stream set refused_types = array['user.created']");
  EXPECT_EQ(w.grant().task->refused_types.size(), 1U);
  w.sql("select rolecall.start_events()");
  EXPECT_EQ(w.grant().task->refused_types.size(), 0U);
  EXPECT_EQ(w.attention("event_type_refused"), "");
}

// Copied in by plain INSERT, as years of data are, and not adopted yet.
TEST_F(StreamJoints, EventsOfWhoIsHereWithoutAVersionWaitUntilTheyWereAdopted) {
  w.sql(
      "insert into rolecall.organization_memberships (organization_id, workos_user_id) values "
      "('acme', 'user_ann')");
  w.sql(
      "insert into rolecall.organization_role_assignments (organization_id, workos_user_id, "
      "role_urn) select 'acme', 'user_ann', 'role:global:' || id from rolecall.global_roles "
      "where workos_slug = 'admin'");
  w.tell({changed("ann", "member", 1), left("ann", 2), joined("bob", "member", 3)});
  EXPECT_EQ(w.outcome(1), "waits");
  EXPECT_EQ(w.outcome(2), "waits");
  EXPECT_EQ(w.roles_of("ann"), "admin") << "nothing is taken from them unseen by the guard";
  EXPECT_EQ(w.roles_of("bob"), "member");
  EXPECT_EQ(w.attention("unadopted"), "") << "somebody may be at it";
  w.sql("update rolecall.inbox set received_at = now() - interval '11 min'");
  EXPECT_EQ(w.attention("unadopted"), "2 events of members and roles that were never adopted wait");
  EXPECT_EQ(command("unadopted"), "rolecall adopt --apply --organization 'acme'");
  w.sql(
      "insert into rolecall.adoption_runs (number, policy, begun_by) values (1, 'workos', 'test')");
  w.sql(
      "insert into rolecall.adoptions (organization_id, run, state, begun_at, done_at) select "
      "'acme', max(number), 'done', now(), now() from rolecall.adoption_runs");
  EXPECT_EQ(command("unadopted"),
            "rolecall adopt --apply --again --policy workos --organization 'acme'");
  w.sql(
      "select rolecall.set_member_roles('acme', 'user_ann', array[(select 'role:global:' || id "
      "from rolecall.global_roles where workos_slug = 'admin')])");
  w.tell({});
  EXPECT_NE(w.outcome(1), "waits");
  EXPECT_NE(w.outcome(2), "waits");
  EXPECT_EQ(w.attention("unadopted"), "");
}

TEST_F(StreamJoints, AnEventOfARoleThatIsHereWithoutAVersionWaitsAsWell) {
  w.sql(
      "insert into rolecall.organization_roles (organization_id, workos_slug, name) values "
      "('acme', 'org-x', 'X')");
  w.tell({role_told("updated", "org-x", 1, 2)});
  EXPECT_EQ(w.outcome(2), "waits waits");
  EXPECT_EQ(w.number("select count(*) from rolecall.observed"), 0) << "nothing is due for ever";
  w.sql("update rolecall.inbox set received_at = now() - interval '11 min'");
  EXPECT_EQ(w.attention("unadopted"), "1 events of members and roles that were never adopted wait");
}

TEST_F(StreamJoints, SwitchedOffAReplayWaitsAndSaysSo) {
  w.tell({unreadable(joined("ann", "member", 1))});
  w.sql("select rolecall.disable_schedule('pull_events')");
  EXPECT_EQ(w.value("select rolecall.replay_organization('acme')"),
            "waits until pull_events is switched on");
  EXPECT_THAT(command("parked"),
              ::testing::StartsWith("select rolecall.enable_schedule('pull_events');"));
  w.sql("select rolecall.enable_schedule('pull_events')");
  EXPECT_EQ(command("parked"), "wait: it is read again");
}

TEST_F(StreamJoints, APassedOverEventOfAStrangerHasThemLookedUp) {
  w.tell({unreadable(joined("ann", "member", 1))});
  EXPECT_EQ(w.value("select rolecall.skip_event('event_0001', 'a test')"), "skipped");
  EXPECT_EQ(w.value("select subject || ' ' || reason from rolecall.look_requests"),
            "member:acme:user_ann request");
  EXPECT_EQ(w.roles_of("ann"), "gone") << "until WorkOS answered";
}

TEST_F(StreamJoints, APassedOverEventOfARoleHasBothItsHalvesRead) {
  w.sql("select rolecall.create_role('acme', 'X', permissions => array['a:b'])");
  w.sql(
      "insert into rolecall.observed (subject, organization_id, object_key) select subject, "
      "organization_id, object_key from rolecall.subjects");
  w.sql(
      "insert into rolecall.inbox (event_id, type, at, family, workos_organization_id, name, "
      "organization_id, problem) select 'event_1', 'organization_role.updated', $1, f, 'org_1', "
      "'org-x', 'acme', 'a test' from unnest(array['role', 'permissions']) f",
      {at_second(1)});
  EXPECT_EQ(w.value("select rolecall.skip_event('event_1', 'a test')"), "skipped");
  EXPECT_EQ(w.value("select string_agg(split_part(object_key, ':', 1), ' ' order by object_key) "
                    "from rolecall.observed where verify_reason = 'skipped_event'"),
            "permissions role");
}

// Thousands may be held, and there is a pull every few seconds.
TEST_F(StreamJoints, WhatTheGuardHoldsIsNotReducedAgainAtEachPull) {
  w.tell({joined("ann", "member", 1)});
  w.sql("select rolecall.guard_lane_v1(s, null) from rolecall.subjects s");
  w.sql("update rolecall.lanes set state = 'held', ended = null, failure_code = 'mass_revoke'");
  w.sql(
      "insert into rolecall.guard_holds (subject, version, organization_id, source, held, lost, "
      "revoked, assignments) select subject, wanted_version, organization_id, 'reducer', true, 1, "
      "30, 40 from rolecall.lanes");
  ASSERT_TRUE(w.record({left("ann", 2)}));
  const auto found = [&](const std::string& received) {
    w.sql("update rolecall.observed set reduce_due_at = null");
    w.sql("update rolecall.inbox set received_at = now() - $1::interval", {received});
    EXPECT_TRUE(w.end_of_stream());
    return w.value("select reduce_due_at is not null from rolecall.observed");
  };
  EXPECT_EQ(found("1 s"), "t") << "it may have come while that was being reduced";
  EXPECT_EQ(found("2 min"), "f");
  w.sql("update rolecall.guard_holds set approved_at = now()");
  EXPECT_EQ(found("2 min"), "t");
}

TEST_F(StreamJoints, RetryLetsTheReducerTakeWhatOnlyWorkosTold) {
  w.tell({joined("ann", "member", 1)});
  w.sql("update rolecall.observed set reduce_failure = 'a test', reduce_due_at = null");
  EXPECT_NE(w.attention("reduce_failed"), "");
  const std::string retry = "select rolecall.retry((select subject from rolecall.observed))";
  EXPECT_EQ(w.value(retry), "requeued");
  EXPECT_EQ(w.value(retry), "already due");
  w.reduce();
  EXPECT_EQ(w.attention("reduce_failed"), "");
}

// A newer read would wait for the stream again, and so on: what was approved would never be done.
TEST(MassRevokeGuard, ReadsNothingAnewWhileAReadWaitsForTheStream) {
  GuardWorld w(40);
  w.lose(1, 12);
  const auto subject = w.member(12);
  w.sql("update rolecall.guard_holds set approved_at = now() where subject = $1", {subject});
  const auto seen = [&](bool waits) {
    w.sql("update rolecall.observed set verify_at = null where subject = $1", {subject});
    w.sql(
        "select rolecall.guard_over_v1(jsonb_build_object('subject', $1::text, 'read_waits', "
        "$2::boolean))",
        {subject, waits ? "true" : "false"});
    return w.value("select verify_at from rolecall.observed where subject = $1", {subject});
  };
  EXPECT_EQ(seen(true), "");
  EXPECT_NE(seen(false), "");
}

TEST(MassRevokeGuard, DoesNotPutItsNextLookOff) {
  GuardWorld w(40);
  w.lose(1, 12);
  const auto look = [&] {
    return w.value("select verify_at from rolecall.observed where subject = $1", {w.member(12)});
  };
  const auto first = look();
  ASSERT_NE(first, "");
  w.sql("update rolecall.observed set reduce_due_at = now() where subject = $1", {w.member(12)});
  w.reduce();
  EXPECT_EQ(look(), first);
}

}  // namespace
}  // namespace rolecall::testing
