// Hazards of a stream that two sides write: late, twice, out of order, about strangers, and against
// what was decided here. docs/hazards.md lists them.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/event_world.hpp"

namespace rolecall::testing {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

class Hazard : public ::testing::Test {
 protected:
  // The same of organization org_2, whose memberships have ids of their own.
  static Told elsewhere(Told told) {
    told.data = replaced(replaced(told.data, "org_1", "org_2"), "om_", "om_2_");
    return told;
  }
  static Told with_id(Told told, int second) {
    told.second = second;
    return told;
  }
  static Told organization(const std::string& more, int updated, int second) {
    return {"organization.updated",
            R"({"id":"org_1","updated_at":")" + at_second(updated) + "\"" + more + "}", second};
  }
  static Told user(const std::string& more, int updated, int second) {
    return {"user.updated",
            R"({"id":"user_ann","updated_at":")" + at_second(updated) + "\"" + more + "}", second};
  }
  EnvironmentRole listed(const std::string& slug, int made) {
    return {.slug = slug,
            .name = "Listed",
            .created_at = at_second(made),
            .updated_at = at_second(made)};
  }
  Told environment(const std::string& slug, int second) {
    return {"role.created", R"({"slug":")" + slug + "\"}", second};
  }
  std::string urn_of(const std::string& slug) {
    return w.value(
        "select coalesce((select subject from rolecall.organization_roles where workos_slug = $1 "
        "and deleted_at is null), (select 'role:global:' || id from rolecall.global_roles where "
        "workos_slug = $1))",
        {slug});
  }
  void set_roles(const std::string& user, const std::string& slug) {
    w.sql("select rolecall.set_member_roles('acme', $1, array[$2])",
          {"user_" + user, urn_of(slug)});
  }
  std::string held_by(const std::string& user) {
    return w.value(
        "select string_agg(role_urn, ' ' order by role_urn) from "
        "rolecall.organization_role_assignments where workos_user_id = $1 and deleted_at is null",
        {"user_" + user});
  }
  static Told unreadable(const std::string& user, int second) {
    Told told = changed(user, "admin", second);
    told.data = replaced(told.data, R"("status":"active",)", "");
    return told;
  }
  std::string status_of(const std::string& user) {
    return w.value("select status from rolecall.organization_memberships where workos_user_id = $1",
                   {"user_" + user});
  }
  void expect_only_admin(const std::string& user) {
    auto connection = w.database().connect();
    const auto removed = connection.run("select rolecall.set_member_roles('acme', $1, array[$2])",
                                        {"user_" + user, urn_of("member")});
    EXPECT_EQ(sqlstate(removed), "55000") << "nobody else who can come in is an admin";
  }
  EventWorld w{};
};

TEST_F(Hazard, ASlugOfBothKindsIsTheOrganizationsRoleAndOneAssignment) {
  w.roles_are(std::vector{listed("org-x", 1)});
  w.tell({environment("org-x", 1), role_told("created", "org-x", 2, 2), joined("ann", "org-x", 5)});
  EXPECT_EQ(held_by("ann"), urn_of("org-x"));
  EXPECT_EQ(w.number("select count(*) from rolecall.global_roles where workos_slug = 'org-x'"), 1);
  EXPECT_EQ(urn_of("org-x").find("role:global:"), std::string::npos);
}

TEST_F(Hazard, WhatIsToldOfAMembershipAfterItsEndRevivesNobodyHoweverLateItIs) {
  w.tell({joined("ann", "admin", 1), left("ann", 2)});
  w.tell({joined("ann", "admin", 3), changed("ann", "admin", 4)});
  EXPECT_EQ(w.roles_of("ann"), "gone");
  EXPECT_EQ(w.outcome(3), "stale_incarnation");
  EXPECT_EQ(held_by("ann"), "");
}

TEST_F(Hazard, APageWithTheSameEventTwiceAppliesItOnce) {
  w.tell({joined("ann", "admin", 1), joined("ann", "admin", 1), changed("ann", "member", 2),
          changed("ann", "member", 2)});
  EXPECT_EQ(w.number("select count(*) from rolecall.inbox"), 2);
  EXPECT_EQ(w.roles_of("ann"), "member");
}

TEST_F(Hazard, TheOrderOfTheStreamCountsAndNotTheOrderOfIds) {
  w.tell({joined("ann", "admin", 5)});
  w.tell({with_id(changed("ann", "member", 9), 2)});
  EXPECT_EQ(w.roles_of("ann"), "member");
  w.tell({with_id(organization(R"(,"name":"First")", 6, 6), 8)});
  w.tell({with_id(organization(R"(,"name":"Second")", 7, 7), 3)});
  EXPECT_EQ(w.value("select name from rolecall.organizations"), "Second");
}

TEST_F(Hazard, AnEventOfTheSameInstantIsAppliedAndAnOlderOneIsNot) {
  w.tell({organization(R"(,"name":"First")", 5, 5)});
  w.tell({organization(R"(,"name":"Second")", 5, 6)});
  EXPECT_EQ(w.value("select name from rolecall.organizations"), "Second");
  w.tell({organization(R"(,"name":"Third")", 4, 7)});
  EXPECT_EQ(w.outcome(7), "stale");
  EXPECT_EQ(w.value("select name from rolecall.organizations"), "Second");
}

TEST_F(Hazard, TheEndOfOneMembershipLeavesOtherOrganizationsAlone) {
  w.sql("select rolecall.upsert_organization('beta', 'Beta', 'org_2')");
  w.tell({joined("ann", "admin", 1), elsewhere(joined("ann", "admin", 2)), left("ann", 3)});
  EXPECT_EQ(w.value("select string_agg(organization_id, ' ') from "
                    "rolecall.organization_memberships where deleted_at is null"),
            "beta");
  EXPECT_EQ(w.value("select string_agg(organization_id, ' ') from "
                    "rolecall.organization_role_assignments where deleted_at is null"),
            "beta");
}

TEST_F(Hazard, ALocalWriteKeepsTheStoredEventId) {
  w.tell({role_told("created", "org-x", 1, 1), joined("ann", "org-x", 2)});
  set_roles("ann", "member");
  w.sql("select rolecall.update_role($1, name => 'Renamed')", {urn_of("org-x")});
  EXPECT_EQ(w.value("select workos_last_event_id from rolecall.organization_memberships"),
            "event_0002");
  EXPECT_EQ(w.value("select name || ' ' || workos_last_event_id from rolecall.organization_roles"),
            "Renamed event_0001");
}

TEST_F(Hazard, ANewerLocalEditStandsAgainstAnEventWithAGreaterId) {
  w.tell({joined("bob", "admin", 1), joined("ann", "admin", 2)});
  set_roles("ann", "member");
  w.tell({changed("ann", "admin", 3)});
  EXPECT_EQ(w.roles_of("ann"), "member");
  EXPECT_NE(w.outcome(3), "adopted");
  EXPECT_EQ(w.value("select desired -> 'roles' from rolecall.subjects where subject = "
                    "'member:acme:user_ann'"),
            R"(["member"])")
      << "it is still to be said";
}

TEST_F(Hazard, AWriteThatDiedIsNotRevertedByTheNextEvent) {
  w.tell(
      {role_told("created", "org-x", 1, 1), joined("bob", "admin", 2), joined("ann", "admin", 3)});
  set_roles("ann", "member");
  w.take_in();
  w.settle(w.worker, w.lease_one(w.worker), ends("dead"));
  EXPECT_EQ(w.lane("member:acme:user_ann", "state"), "dead");
  w.tell({changed("ann", "admin org-x", 9)});
  const std::string roles = w.roles_of("ann");
  EXPECT_EQ(roles.find("admin"), std::string::npos) << roles << ": taken away here";
  EXPECT_NE(roles.find("member"), std::string::npos) << roles << ": given here";
}

TEST_F(Hazard, ARoleThatIsBeingDeletedHereIsNotRevivedByItsNextUpdate) {
  w.tell({role_told("created", "org-x", 1, 1), joined("ann", "admin org-x", 2)});
  w.sql("select rolecall.delete_role($1)", {urn_of("org-x")});
  w.tell({role_told("updated", "org-x", 1, 5), changed("ann", "admin org-x", 6)});
  EXPECT_EQ(w.value("select deleted_at is not null from rolecall.organization_roles"), "t");
  EXPECT_EQ(w.roles_of("ann"), "admin");
}

TEST_F(Hazard, AnEmptyOrganizationIdMatchesNothingAndIsShown) {
  w.sql("select rolecall.upsert_organization('beta', 'Beta', null)");
  Told nobodys = joined("ann", "admin", 1);
  nobodys.data = replaced(nobodys.data, R"("org_1")", R"("")");
  Told roles = role_told("created", "org-x", 2, 2);
  roles.data = replaced(roles.data, R"("org_1")", R"("")");
  w.tell({nobodys,
          roles,
          {"organization.deleted", R"({"id":"","external_id":""})", 3},
          joined("bob", "admin", 4)});
  EXPECT_EQ(w.roles_of("bob"), "admin") << "nobody waits for it";
  EXPECT_EQ(w.number("select count(*) from rolecall.organization_memberships"), 1);
  EXPECT_EQ(w.number("select count(*) from rolecall.organization_roles"), 0);
  EXPECT_EQ(w.value("select string_agg(workos_organization_id, ' ') from "
                    "rolecall.workos_organization_syncs"),
            "org_1");
  EXPECT_EQ(w.value("select last_event_id from rolecall.workos_user_syncs"), "event_0004");
  for (const char* id : {"event_0001", "event_0002", "event_0003"})
    EXPECT_NE(w.attention("parked").find(id), std::string::npos) << id;
  EXPECT_EQ(w.value("select string_agg(distinct split_part(command, '(', 1), ' ') from "
                    "rolecall.attention where reason = 'parked'"),
            "select rolecall.skip_event")
      << "no organization to replay, and nothing to try again";
}

TEST_F(Hazard, AnEventOfAnOrganizationThatIsNotLinkedMakesNothing) {
  w.tell({elsewhere(joined("ann", "admin", 1)), elsewhere(role_told("created", "org-x", 2, 2))});
  EXPECT_EQ(w.number("select count(*) from rolecall.organization_memberships"), 0);
  EXPECT_EQ(w.number("select count(*) from rolecall.organization_roles"), 0);
  EXPECT_EQ(w.number("select count(*) from rolecall.organizations"), 1);
  EXPECT_EQ(w.value("select last_event_id from rolecall.workos_user_syncs"), "event_0002");
}

TEST_F(Hazard, AnUnreadableEventParksItsOrganizationAlsoWhenThatIsLinkedLater) {
  w.tell({elsewhere(unreadable("ann", 1)), elsewhere(joined("bob", "admin", 2))});
  w.sql("select rolecall.upsert_organization('beta', 'Beta', 'org_2')");
  w.tell({});
  EXPECT_NE(w.attention("parked").find("event_0001"), std::string::npos);
  EXPECT_EQ(w.outcome(2), "waits");
}

// WorkOS holds an event back for seconds after its webhook.
TEST_F(Hazard, AnAnnouncedEventIsLookedForOftenUntilItIsThere) {
  const std::string soon =
      "select due_at <= clock_timestamp() + interval '2 s' from rolecall.schedules where name = "
      "'pull_events'";
  w.tell({});
  w.sql(
      "update rolecall.schedules set every_ms = 60000, due_at = clock_timestamp() + interval "
      "'60 s' where name = 'pull_events'");
  EXPECT_EQ(w.value(soon), "f");
  w.sql("select rolecall.take_pull_v1($1, array['event_0001'])", {std::to_string(w.worker)});
  EXPECT_TRUE(w.end_of_stream());
  EXPECT_EQ(w.value(soon), "t") << "it did not come yet";
  EXPECT_EQ(w.value("select last_event_id from rolecall.workos_user_syncs"), "")
      << "no cursor follows a webhook";
  w.tell({joined("ann", "admin", 1)});
  EXPECT_EQ(w.value(soon), "f");
}

TEST_F(Hazard, APlaceholderIsLinkedWhenTheUserComesAlsoBesideATombstone) {
  w.sql("select rolecall.upsert_user('u1', 'ann@x', 'user_old')");
  w.tell({joined("old", "admin", 1), left("old", 2)});
  // Deleted and made again at WorkOS: the same person under another id.
  w.tell({joined("ann", "admin", 3)});
  EXPECT_EQ(w.value("select user_id is null from rolecall.organization_memberships where "
                    "workos_user_id = 'user_ann'"),
            "t");
  w.sql("select rolecall.upsert_user('u1', 'ann@x', 'user_ann')");
  EXPECT_EQ(w.value("select string_agg(workos_user_id || case when deleted_at is null then '' else "
                    "' gone' end, ', ' order by workos_user_id) from "
                    "rolecall.organization_memberships where user_id = 'u1'"),
            "user_ann, user_old gone");
  EXPECT_EQ(w.roles_of("ann"), "admin");
  EXPECT_EQ(w.roles_of("old"), "gone");
}

TEST_F(Hazard, ALinkThatIsThereCountsBeforeAnExternalId) {
  w.sql("select rolecall.upsert_user('u1', 'one@x', 'user_ann')");
  w.sql("select rolecall.upsert_user('u2', 'two@x', null)");
  w.sql("select rolecall.upsert_organization('beta', 'Beta', null)");
  w.tell({user(R"(,"email":"new@x","external_id":"u2")", 1, 1),
          organization(R"(,"name":"N","external_id":"beta")", 2, 2)});
  EXPECT_EQ(w.value("select string_agg(id || ' ' || email || coalesce(' ' || workos_user_id, ''), "
                    "', ' order by id) from rolecall.users"),
            "u1 new@x user_ann, u2 two@x");
  EXPECT_EQ(
      w.value("select string_agg(id || ' ' || name || coalesce(' ' || workos_organization_id, "
              "''), ', ' order by id) from rolecall.organizations"),
      "acme N org_1, beta Beta");
}

TEST_F(Hazard, BlankFieldsOverwriteNothing) {
  w.sql("select rolecall.upsert_user('u1', 'one@x', 'user_ann')");
  w.sql("update rolecall.users set display_name = 'Ann'");
  w.tell({user(R"(,"email":"","first_name":null,"last_name":"")", 1, 1),
          organization(R"(,"name":"")", 2, 2), user(R"(,"email":null)", 3, 3)});
  EXPECT_EQ(w.value("select email || ' ' || display_name from rolecall.users"), "one@x Ann");
  EXPECT_EQ(w.value("select name from rolecall.organizations"), "Acme");
}

TEST_F(Hazard, NoUserAndNoOrganizationIsMadeFromAnEvent) {
  w.tell({user(R"(,"email":"e@x","external_id":"u9")", 1, 1),
          {"organization.created",
           R"({"id":"org_7","name":"Seven","external_id":"seven","updated_at":")" + at_second(2) +
               "\"}",
           2}});
  EXPECT_EQ(w.number("select count(*) from rolecall.users"), 0);
  EXPECT_EQ(w.number("select count(*) from rolecall.organizations"), 1);
  EXPECT_EQ(w.outcome(1), "unknown_user");
}

TEST_F(Hazard, ASuspendedMemberIsShownAsSuchAndIsNoAdminToRelyOn) {
  w.tell({joined("ann", "admin", 1), joined("bob", "admin", 2)});
  w.tell({changed("ann", "admin", 3, "", "inactive")});
  EXPECT_EQ(status_of("ann"), "inactive");
  expect_only_admin("bob");
}

TEST_F(Hazard, AnInvitationIsShownAsSuchAndIsNoAdminToRelyOn) {
  w.tell({joined("ann", "admin", 1, "", "pending"), joined("bob", "admin", 2)});
  EXPECT_EQ(status_of("ann"), "pending");
  expect_only_admin("bob");
  w.tell({changed("ann", "admin", 3)});
  EXPECT_EQ(status_of("ann"), "active");
  set_roles("bob", "member");
}

TEST_F(Hazard, AMemberOfADirectoryIsFlaggedByTheEvent) {
  Told managed = joined("ann", "admin", 1);
  managed.data = replaced(managed.data, R"("status")", R"("directory_managed":true,"status")");
  w.tell({managed, joined("bob", "admin", 2)});
  EXPECT_EQ(w.value("select string_agg(workos_user_id, ' ') from "
                    "rolecall.organization_memberships where directory_managed"),
            "user_ann");
  set_roles("ann", "member");
  EXPECT_NE(w.attention("directory_managed"), "") << "until it is known whether it stands";
}

TEST_F(Hazard, TheNextEventThatCannotBeReadParksAgain) {
  w.tell({unreadable("ann", 1), joined("bob", "admin", 2), unreadable("ann", 3),
          joined("cid", "admin", 4)});
  w.sql("select rolecall.skip_event('event_0001', 'known')");
  w.tell({});
  EXPECT_EQ(w.roles_of("bob"), "admin");
  EXPECT_EQ(w.outcome(4), "waits");
  EXPECT_NE(w.attention("parked").find("event_0003"), std::string::npos);
  w.sql("select rolecall.skip_event('event_0003', 'known')");
  w.tell({});
  EXPECT_EQ(w.roles_of("cid"), "admin");
  EXPECT_EQ(w.attention("parked"), "");
}

TEST_F(Hazard, AnUnreadableEventThatIsRetriedRemovesNobody) {
  w.tell({joined("ann", "admin", 1), unreadable("ann", 2)});
  auto connection = w.database().connect();
  EXPECT_EQ(sqlstate(connection.run("select rolecall.retry_event('event_0002')")), "55000");
  w.tell({});
  EXPECT_EQ(w.roles_of("ann"), "admin");
  EXPECT_EQ(w.outcome(2), "cannot be applied");
}

TEST_F(Hazard, TextThatPostgresRefusesStopsNoPage) {
  w.sql("select rolecall.upsert_user('u1', 'one@x', 'user_ann')");
  Told role = role_told("created", "org-x", 1, 1);
  role.data = replaced(role.data, "Name 1", "Name\\u0000 1");
  w.tell({role, user(R"(,"email":"a\u0000b@x","first_name":"A\u0000")", 2, 2),
          organization(R"(,"name":"N\u0000")", 3, 3), joined("bob", "admin", 4)});
  EXPECT_EQ(w.roles_of("bob"), "admin");
  EXPECT_EQ(w.value("select parked from rolecall.event_stream_status"), "0");
}

}  // namespace
}  // namespace rolecall::testing
