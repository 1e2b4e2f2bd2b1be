// The cursor, the right to pull, poison, replays, and gaps.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/event_world.hpp"

namespace rolecall::testing {
namespace {

class Stream : public ::testing::Test {
 protected:
  Told organization(const std::string& change, const std::string& more, int second,
                    const std::string& id = "org_1") {
    return {"organization." + change,
            R"({"object":"organization","id":")" + id + R"(","updated_at":")" + at_second(second) +
                "\"" + more + "}",
            second};
  }
  Told user(const std::string& change, const std::string& more, int second) {
    return {
        "user." + change,
        R"({"object":"user","id":"user_ann","email":"new@x","first_name":"Ann","last_name":"B",)"
        R"("updated_at":")" +
            at_second(second) + "\"" + more + "}",
        second};
  }
  // A membership without its roles: nothing can be made of it.
  Told poison(int second, const std::string& organization = "org_1") {
    return {"organization_membership.updated",
            R"({"id":"om_x","user_id":"user_x","organization_id":")" + organization +
                R"(","status":"active"})",
            second};
  }
  std::string cursor(const std::string& organization) {
    return w.value(
        "select last_event_id from rolecall.workos_organization_syncs where "
        "workos_organization_id = $1",
        {organization});
  }
  EventWorld w{};
};
using Poison = Stream;
using Gap = Stream;

TEST_F(Stream, TheCursorMovesWithTheEventsAndIsComparedFirst) {
  const auto granted = w.grant();
  EXPECT_EQ(granted.task->after, "");
  EXPECT_TRUE(w.record({joined("ann", "admin", 1), joined("bob", "admin", 2)}));
  EXPECT_EQ(w.value("select last_event_id from rolecall.workos_user_syncs"), "event_0002");
  EXPECT_EQ(cursor("org_1"), "event_0002");
  PulledPage old;
  old.end = true;
  EXPECT_FALSE(w.record_page(*granted.task, old)) << "a page of before the cursor moved";
}

TEST_F(Stream, AnEmptyPageMovesNoCursorAndEndsThePull) {
  w.tell({joined("ann", "admin", 1)});
  w.tell({});
  EXPECT_EQ(w.value("select last_event_id from rolecall.workos_user_syncs"), "event_0001");
  EXPECT_EQ(w.value("select leased_by is null and last_result = 'ok' from rolecall.schedules "
                    "where name = 'pull_events'"),
            "t");
}

TEST_F(Stream, OneWorkerPullsAndALostOnesRightIsFreeAgain) {
  const auto mine = w.grant();
  ASSERT_TRUE(mine.task);
  const auto first = w.worker;
  w.worker = w.open_session();
  EXPECT_FALSE(w.grant().task);
  w.sql(
      "update rolecall.worker_sessions set retired_at = now(), retired_because = 'lost' where "
      "id = $1",
      {std::to_string(first)});
  const auto theirs = w.grant();
  ASSERT_TRUE(theirs.task);
  w.worker = first;
  PulledPage page;
  page.end = true;
  EXPECT_FALSE(w.record_page(*mine.task, page)) << "the right passed on";
}

TEST_F(Stream, SwitchedOffNothingIsPulledNorRecorded) {
  const auto granted = w.grant();
  w.sql("select rolecall.disable_schedule('pull_events')");
  PulledPage page;
  page.end = true;
  EXPECT_FALSE(w.record_page(*granted.task, page));
  const auto refused = w.grant();
  EXPECT_FALSE(refused.task);
  EXPECT_FALSE(refused.again_in) << "it asks when it is told that it is on";
}

TEST_F(Stream, AnOrganizationFollowsItsNameAndItsEndAndNothingSwitchesItOnAgain) {
  w.tell({organization("updated", R"(,"name":"New")", 2)});
  EXPECT_EQ(w.value("select name from rolecall.organizations"), "New");
  w.tell({organization("updated", R"(,"name":"Old")", 1)});
  EXPECT_EQ(w.outcome(1), "stale");
  w.tell({organization("deleted", R"(,"name":"New")", 3)});
  w.tell({organization("updated", R"(,"name":"Newer")", 4)});
  EXPECT_EQ(w.value("select disabled_at is not null from rolecall.organizations"), "t");
}

TEST_F(Stream, AnUnknownOrganizationIsPassedOverAndAnExternalIdLinksOne) {
  w.tell({organization("created", R"(,"name":"N")", 1, "org_2")});
  EXPECT_EQ(w.outcome(1), "unknown_organization");
  w.sql("select rolecall.upsert_organization('beta', 'Beta', null)");
  w.tell({organization("updated", R"(,"name":"N","external_id":"beta")", 2, "org_2")});
  EXPECT_EQ(w.value("select workos_organization_id from rolecall.organizations where id = 'beta'"),
            "org_2");
}

TEST_F(Stream, AnExternalIdNeverLinksAnOrganizationThatIsLinked) {
  w.tell({organization("created", R"(,"name":"N","external_id":"acme")", 1, "org_2")});
  EXPECT_EQ(w.outcome(1), "unknown_organization");
  EXPECT_EQ(w.value("select workos_organization_id from rolecall.organizations"), "org_1");
}

TEST_F(Stream, AUserFollowsTheirEmailAndTheirEnd) {
  w.sql("select rolecall.upsert_user('u1', 'old@x', 'user_ann')");
  w.tell({joined("ann", "admin", 1), user("updated", "", 2)});
  EXPECT_EQ(w.value("select email || ' ' || display_name from rolecall.users"), "new@x Ann B");
  w.tell({user("deleted", "", 3)});
  EXPECT_EQ(w.value("select deleted_at is not null from rolecall.users"), "t");
  EXPECT_EQ(w.value("select verify_reason from rolecall.observed"), "user_deleted");
  w.tell({user("updated", "", 4)});
  EXPECT_EQ(w.value("select deleted_at is not null from rolecall.users"), "t");
}

TEST_F(Stream, AUserIsLinkedByTheirExternalId) {
  w.sql("select rolecall.upsert_user('u1', 'old@x', null)");
  w.tell({joined("ann", "admin", 1), user("created", R"(,"external_id":"u1")", 2)});
  EXPECT_EQ(w.value("select workos_user_id from rolecall.users"), "user_ann");
  EXPECT_EQ(w.value("select user_id from rolecall.organization_memberships"), "u1");
}

TEST_F(Stream, AUserWhoIsLinkedElsewhereIsParkedAloneUntilThatIsRepaired) {
  w.sql("select rolecall.upsert_user('u1', 'old@x', 'user_other')");
  w.tell({user("created", R"(,"external_id":"u1")", 1),
          user("updated", R"(,"external_id":"u1")", 2), joined("bob", "admin", 3)});
  EXPECT_EQ(w.outcome(1), "cannot be applied");
  EXPECT_EQ(w.outcome(2), "waits");
  EXPECT_EQ(w.roles_of("bob"), "admin");
  EXPECT_NE(w.attention("parked").find("user_other"), std::string::npos);
  w.sql("update rolecall.users set workos_user_id = 'user_ann'");
  EXPECT_EQ(w.value("select rolecall.retry_event('event_0001')"), "tried again");
  w.tell({});
  EXPECT_EQ(w.outcome(2), "applied");
  EXPECT_EQ(w.attention("parked"), "");
}

TEST_F(Stream, AUserWhoWasDeletedAndMadeAgainIsThePersonOfTheirExternalId) {
  w.sql("select rolecall.upsert_user('u1', 'old@x', 'user_before')");
  w.sql("update rolecall.users set deleted_at = now()");
  w.tell({user("created", R"(,"external_id":"u1")", 1)});
  EXPECT_EQ(w.value("select workos_user_id || (deleted_at is null) from rolecall.users"),
            "user_anntrue");
}

TEST_F(Poison, OfAUserThatCouldNotBeReadIsNotAppliedAsIfItWereEmpty) {
  w.tell({{"user.updated", R"({"id":"user_ann"})", 1}});
  EXPECT_EQ(w.value("select command from rolecall.attention where reason = 'parked'"),
            "select rolecall.skip_event('event_0001', 'why');");
  auto connection = w.database().connect();
  EXPECT_EQ(sqlstate(connection.run("select rolecall.retry_event('event_0001')")), "55000");
  EXPECT_EQ(w.value("select rolecall.skip_event('event_0001', 'unreadable')"), "skipped");
}

TEST_F(Stream, EventsOfOrganizationsThatNobodyLinkedAreForgottenAfterAMonth) {
  Told foreign = joined("cid", "admin", 1);
  foreign.data.replace(foreign.data.find("org_1"), 5, "org_9");
  w.tell({foreign});
  const auto upkeep = [&] {
    w.sql("update rolecall.schedules set due_at = now() where name = 'maintain'");
    w.sql("select rolecall.maintain_v1($1)", {std::to_string(w.worker)});
    return w.number("select count(*) from rolecall.inbox");
  };
  EXPECT_EQ(upkeep(), 1);
  w.sql("update rolecall.inbox set received_at = now() - interval '31 days'");
  EXPECT_EQ(upkeep(), 0);
}

TEST_F(Stream, UsersWhomAnApplicationHoldsHoldUpNobodyElseHoweverMany) {
  w.sql(
      "select rolecall.upsert_user('u' || i, 'u@x', 'user_' || i) from generate_series(1, 150) i");
  std::vector<Told> events;
  for (int i = 1; i <= 150; ++i) {
    events.push_back(user("updated", "", i));
    auto& data = events.back().data;
    data.replace(data.find("user_ann"), 8, "user_" + std::to_string(i));
  }
  events.push_back(joined("bob", "admin", 160));
  Database application = w.database().connect_directly();
  ASSERT_TRUE(application.run("begin"));
  ASSERT_TRUE(application.run("update rolecall.users set updated_at = now() where id <> 'u150'"));
  w.tell(events);
  EXPECT_EQ(w.outcome(1), "waits");
  EXPECT_EQ(w.outcome(150), "applied");
  EXPECT_EQ(w.roles_of("bob"), "admin");
  ASSERT_TRUE(application.run("rollback"));
  w.tell({});
  EXPECT_EQ(w.outcome(1), "applied");
}

// A reducer that read the facts before the event was kept, and writes after it: neither sees the
// other, so the pull comes back at once, and not when it is due.
TEST_F(Stream, AnEventThatAReducerDidNotSeeIsLookedForSoon) {
  w.tell({joined("ann", "member", 1)});
  w.sql("update rolecall.schedules set every_ms = 3600000 where name = 'pull_events'");
  const std::string is_soon =
      "select due_at < now() + interval '1 s' from rolecall.schedules where name = 'pull_events'";
  w.sql("update rolecall.observed set reduce_due_at = now()");
  Database reducer = w.database().connect_directly();
  ASSERT_TRUE(reducer.run("begin"));
  ASSERT_TRUE(reducer.run("select from rolecall.observed for update"));
  ASSERT_TRUE(w.record({changed("ann", "admin", 2)}));
  ASSERT_TRUE(w.end_of_stream());
  EXPECT_EQ(w.value(is_soon), "t");
  ASSERT_TRUE(reducer.run("update rolecall.observed set reduce_due_at = null"));
  ASSERT_TRUE(reducer.run("commit"));
  ASSERT_TRUE(w.end_of_stream());
  EXPECT_EQ(w.value(is_soon), "f") << "nobody is being reduced";
  w.reduce();
  EXPECT_EQ(w.roles_of("ann"), "admin");
}

TEST_F(Poison, ParksItsOrganizationAndNoOther) {
  w.sql("select rolecall.upsert_organization('beta', 'Beta', 'org_2')");
  Told elsewhere = joined("cid", "admin", 4);
  elsewhere.data.replace(elsewhere.data.find("org_1"), 5, "org_2");
  w.tell({joined("ann", "admin", 1), poison(2), joined("bob", "admin", 3), elsewhere});
  EXPECT_EQ(w.roles_of("ann"), "admin") << "what came before";
  EXPECT_EQ(w.outcome(2), "cannot be applied");
  EXPECT_EQ(w.outcome(3), "waits");
  EXPECT_EQ(w.roles_of("cid"), "admin") << "another organization";
  EXPECT_EQ(cursor("org_1"), "event_0001");
  EXPECT_EQ(cursor("org_2"), "event_0004");
  EXPECT_NE(w.attention("parked").find("event_0002"), std::string::npos);
  EXPECT_EQ(w.value("select parked from rolecall.event_stream_status"), "1");
}

TEST_F(Poison, AReplayReadsAgainFromTheOrganizationsOwnCursorAndGoesOn) {
  w.tell({joined("ann", "admin", 1), poison(2), changed("ann", "member", 3)});
  EXPECT_EQ(w.value("select rolecall.replay_organization('acme')"), "replaying");
  const auto granted = w.grant();
  ASSERT_TRUE(granted.replay);
  EXPECT_EQ(granted.replay->organization, "org_1");
  EXPECT_EQ(granted.replay->after, "event_0001");
  ASSERT_TRUE(w.record({joined("x", "admin", 2), changed("ann", "member", 3)}, "org_1"));
  ASSERT_TRUE(w.end_of_stream("org_1"));
  w.reduce();
  EXPECT_EQ(w.roles_of("x"), "admin") << "what could not be read before";
  EXPECT_EQ(w.roles_of("ann"), "member");
  EXPECT_EQ(w.attention("parked"), "");
}

// The pull before it ended, and gave its right back.
TEST_F(Poison, AReplayIsReadUnderTheGrantOfThePullBeforeItUnlessAnotherPulls) {
  w.tell({joined("ann", "admin", 1), poison(2)});
  w.sql("select rolecall.replay_organization('acme')");
  const auto granted = w.grant();
  ASSERT_TRUE(granted.replay);
  ASSERT_TRUE(w.record_page(*granted.task, {.end = true}));
  const PulledPage page{.events = {{.id = "event_0002", .family = "member", .problem = "still"}},
                        .last_id = "event_0002"};
  const auto other = w.open_session();
  const auto leased = [&](const std::string& by) {
    w.sql("update rolecall.schedules set leased_by = " + by +
          ", lease_expires_at = now() + interval '1 min' where name = 'pull_events'");
  };
  leased(std::to_string(other));
  EXPECT_FALSE(w.record_page(*granted.replay, page));
  leased("null");
  EXPECT_TRUE(w.record_page(*granted.replay, page));
  EXPECT_EQ(w.value("select leased_by from rolecall.schedules where name = 'pull_events'"),
            std::to_string(w.worker));
  PullTask next = *granted.replay;
  next.after = "event_0002";
  EXPECT_TRUE(w.record_page(next, {.end = true}));
  EXPECT_EQ(w.value("select leased_by from rolecall.schedules where name = 'pull_events'"), "");
  EXPECT_FALSE(w.record_page(next, {.end = true})) << "it was read to its end";
}

TEST_F(Poison, ThatIsReadAgainAndIsStillPoisonStaysParked) {
  w.tell({poison(2), joined("bob", "admin", 3)});
  w.sql("select rolecall.replay_organization('acme')");
  ASSERT_TRUE(w.record({poison(2)}, "org_1"));
  ASSERT_TRUE(w.end_of_stream("org_1"));
  w.reduce();
  EXPECT_EQ(w.outcome(3), "waits");
  EXPECT_NE(w.attention("parked"), "");
}

TEST_F(Poison, CanBePassedOverByAPersonWhoSaysWhy) {
  w.tell({poison(2), joined("bob", "admin", 3)});
  EXPECT_EQ(w.value("select rolecall.skip_event('event_0002', 'known at WorkOS support')"),
            "skipped");
  w.reduce();
  EXPECT_EQ(w.roles_of("bob"), "admin");
  EXPECT_EQ(w.outcome(2), "skipped");
  EXPECT_EQ(w.value("select rolecall.skip_event('event_0002', 'again')"),
            "applied already: skipped");
  EXPECT_EQ(w.value("select reason from rolecall.audit_log where action = 'skip_event'"),
            "known at WorkOS support");
}

TEST_F(Poison, OfAnOrganizationThatIsNotOursParksNobody) {
  w.tell({poison(1, "org_9"), joined("bob", "admin", 2)});
  EXPECT_EQ(w.roles_of("bob"), "admin");
  EXPECT_EQ(w.value("select parked from rolecall.event_stream_status"), "0");
}

TEST_F(Poison, ATypeThatWorkosDoesNotKnowIsReportedAndNotAskedForAgain) {
  PulledPage page;
  page.end = true;
  page.refused_types = {"role.created"};
  ASSERT_TRUE(w.record_page(*w.grant().task, page));
  EXPECT_EQ(w.grant().task->refused_types, std::vector<std::string>{"role.created"});
  EXPECT_NE(w.attention("event_type_refused").find("role.created"), std::string::npos);
}

TEST_F(Gap, APullThatWasOffForTooLongDoesNotGoOnAsIfNothingHadHappened) {
  w.tell({joined("ann", "admin", 1)});
  w.sql(
      "update rolecall.event_stream set pulled_at = now() - interval '30 days', started_from = "
      "now() - interval '60 days'");
  EXPECT_FALSE(w.grant().task);
  EXPECT_NE(w.attention("event_gap").find("reconciliation"), std::string::npos);
  EXPECT_EQ(w.value("select state from rolecall.event_stream_status"), "gap");
  EXPECT_EQ(w.value("select (rolecall.stream_v1()).flows"), "f") << "reads decide again";
}

TEST_F(Gap, StartingAgainReadsFromThereAndLooksAtEverything) {
  w.tell({joined("ann", "admin", 1)});
  w.sql("update rolecall.event_stream set pulled_at = now() - interval '30 days'");
  EXPECT_FALSE(w.grant().task);
  w.sql("select rolecall.start_events(now() - interval '7 days')");
  const auto granted = w.grant();
  ASSERT_TRUE(granted.task);
  EXPECT_EQ(granted.task->after, "");
  EXPECT_EQ(w.attention("event_gap"), "");
  EXPECT_EQ(w.value("select verify_reason from rolecall.observed"), "events_started");
}

TEST_F(Gap, AStartThatWorkosCannotServeIsRefusedWithTheWayOut) {
  auto connection = w.database().connect();
  const auto refused = connection.run("select rolecall.start_events(now() - interval '40 days')");
  EXPECT_EQ(sqlstate(refused), "22023");
}

TEST_F(Gap, ACursorThatWorkosDoesNotKnowIsOne) {
  ASSERT_TRUE(w.grant().task);
  w.sql("select rolecall.end_pull_v1($1, 'WorkOS began again', true, 1000)",
        {std::to_string(w.worker)});
  EXPECT_NE(w.attention("event_gap").find("began again"), std::string::npos);
}

}  // namespace
}  // namespace rolecall::testing
