// Events about roles: made, renamed, ended and made again, of an organization and of the
// environment.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/event_world.hpp"

namespace rolecall::testing {
namespace {

class StreamOfRoles : public ::testing::Test {
 protected:
  EnvironmentRole role(const std::string& slug, int made, const std::string& name = "Listed") {
    return {
        .slug = slug, .name = name, .created_at = at_second(made), .updated_at = at_second(made)};
  }
  Told environment(const std::string& change, const std::string& slug, int second) {
    return {"role." + change,
            R"({"object":"role","slug":")" + slug + R"(","permissions":[],"created_at":")" +
                at_second(second) + R"(","updated_at":")" + at_second(second) + "\"}",
            second};
  }
  std::string roles() {
    return w.value(
        "select coalesce(string_agg(workos_slug || ' ' || name || case when deleted_at is null "
        "then '' else ' ended' end, ', ' order by created_at), '') from "
        "rolecall.organization_roles");
  }
  EventWorld w{};
};

TEST_F(StreamOfRoles, ARoleOfTheDashboardIsARoleHere) {
  w.tell({role_told("created", "org-x", 1, 1)});
  EXPECT_EQ(roles(), "org-x Name 1");
  EXPECT_EQ(w.outcome(1), "unmanaged external_join") << "its permissions are not ours to keep";
  w.tell({role_told("updated", "org-x", 1, 2)});
  EXPECT_EQ(roles(), "org-x Name 2");
  EXPECT_EQ(w.number("select count(*) from rolecall.outbox"), 0);
}

TEST_F(StreamOfRoles, OneThatIsMadeAgainIsAnotherRoleAndNobodyInherits) {
  w.tell({role_told("created", "org-x", 1, 1), joined("ann", "member org-x", 2)});
  EXPECT_EQ(w.roles_of("ann"), "member org-x");
  w.tell({role_told("deleted", "org-x", 1, 3), role_told("created", "org-x", 4, 4),
          role_told("updated", "org-x", 4, 5)});
  EXPECT_EQ(roles(), "org-x Name 1 ended, org-x Name 5");
  EXPECT_EQ(w.roles_of("ann"), "member");
}

TEST_F(StreamOfRoles, OneWhoseEndWasNeverToldEndsBeforeTheNextOfItsSlug) {
  w.tell({role_told("created", "org-x", 1, 1), joined("ann", "member org-x", 2)});
  w.tell({role_told("created", "org-x", 4, 4)});
  EXPECT_EQ(roles(), "org-x Name 1 ended, org-x Name 4");
  EXPECT_EQ(w.roles_of("ann"), "member");
}

// The end of the role found facts of hers that were not applied, and came back a second later: by
// then they had been, and she was still to get the role that had ended.
TEST_F(StreamOfRoles, OneThatEndsIsNotSaidOfWhoWasToGetItWhenAnEventOfTheirsCameBetween) {
  w.tell({role_told("created", "org-x", 1, 1), joined("ann", "member", 2)});
  w.sql(
      "select rolecall.set_member_roles('acme', 'user_ann', array[(select subject from "
      "rolecall.organization_roles)])");
  ASSERT_TRUE(w.record({changed("ann", "admin member", 3), role_told("deleted", "org-x", 1, 4)}));
  const auto due = [this](const std::string& like, const std::string& when) {
    w.sql("update rolecall.observed set reduce_due_at = now() + $2::interval where subject like $1",
          {like, when});
    w.reduce_once();
  };
  due("member:%", "1 hour");
  ASSERT_EQ(roles(), "org-x Name 1 ended");
  due("member:%", "0");
  EXPECT_EQ(w.outcome(3), "merged");
  due("role:%", "0");
  EXPECT_EQ(
      w.value("select desired -> 'roles' from rolecall.subjects where subject like 'member:%'"),
      R"(["admin"])");
  EXPECT_EQ(w.roles_of("ann"), "admin");
}

// Permissions wait for the event's other half, and that for an organization that stands still.
TEST_F(StreamOfRoles, PermissionsThatWaitHideNoRoleOfAnother) {
  w.sql(
      "insert into rolecall.inbox (event_id, type, at, family, workos_organization_id, name, "
      "organization_id, subject) select 'event_x' || n, 'organization_role.created', "
      "'2026-01-01T00:00:00Z', family, 'org_2', 'org-' || n, 'beta', case family when 'role' then "
      "'role:beta:' || n end from generate_series(1, 1000) n, unnest(array['role', "
      "'permissions']) family");
  w.sql(
      "insert into rolecall.workos_organization_syncs (workos_organization_id, last_event_id, "
      "parked_seq, parked_reason, parked_at) select 'org_2', '', min(seq), 'a test', now() from "
      "rolecall.inbox");
  w.tell({role_told("created", "org-x", 1, 1)});
  EXPECT_EQ(roles(), "org-x Name 1");
}

TEST_F(StreamOfRoles, ALateEventOfOneThatEndedChangesNothing) {
  w.tell({role_told("created", "org-x", 1, 1), role_told("deleted", "org-x", 1, 2)});
  w.tell({role_told("updated", "org-x", 1, 3)});
  EXPECT_EQ(roles(), "org-x Name 1 ended");
}

TEST_F(StreamOfRoles, AnEndThatNobodyKnewOfIsNobodys) {
  w.tell({role_told("deleted", "org-x", 1, 2)});
  EXPECT_EQ(roles(), "");
  EXPECT_EQ(w.outcome(2), "unknown_role");
}

TEST_F(StreamOfRoles, WhatWasMadeOnBothSidesIsOneRole) {
  w.sql("select rolecall.create_role('acme', 'X')");
  w.tell({role_told("created", "org-x", 1, 1)});
  EXPECT_EQ(w.number("select count(*) from rolecall.organization_roles"), 1);
  EXPECT_EQ(w.outcome(1), "unmanaged merged");
  EXPECT_EQ(roles(), "org-x X") << "what was said here stands until it was applied";
}

TEST_F(StreamOfRoles, ManagedPermissionsFollowTheDashboard) {
  w.sql("select rolecall.create_role('acme', 'X', permissions => array['a:b'])");
  w.tell({role_told("created", "org-x", 1, 1, R"(["a:b"])")});
  w.take_in();
  w.sql(
      "update rolecall.lanes set state = 'idle', ended = 'delivered', delivered_version = "
      "wanted_version, waits_on = null, waits_version = null");
  w.sql("update rolecall.observed set echoed_version = 1, confirmed_version = 1");
  w.tell({role_told("updated", "org-x", 1, 2, R"(["a:b","c:d"])")});
  EXPECT_EQ(w.value("select permissions::text from rolecall.organization_roles"), "{a:b,c:d}");
}

// Unreadable, it was one row; read again by a newer program it is two.
TEST_F(StreamOfRoles, PermissionsThatAReplayShowsDoNotOvertakeNewerOnes) {
  w.sql("select rolecall.create_role('acme', 'X', permissions => array['a:b'])");
  w.tell({role_told("created", "org-x", 1, 1, R"(["a:b"])")});
  w.take_in();
  w.sql(
      "update rolecall.lanes set state = 'idle', ended = 'delivered', delivered_version = "
      "wanted_version, waits_on = null, waits_version = null");
  w.sql("update rolecall.observed set echoed_version = 1, confirmed_version = 1");
  const Told read_later = role_told("updated", "org-x", 1, 2, R"(["a:b","x:y"])");
  Told unreadable = read_later;
  unreadable.data.replace(unreadable.data.find(R"("name")"), 6, R"("nome")");
  w.tell({unreadable, role_told("updated", "org-x", 1, 3, R"(["a:b","c:d"])")});
  EXPECT_EQ(w.outcome(2), "cannot be applied");
  w.sql("select rolecall.replay_organization('acme')");
  ASSERT_TRUE(
      w.record({read_later, role_told("updated", "org-x", 1, 3, R"(["a:b","c:d"])")}, "org_1"));
  ASSERT_TRUE(w.end_of_stream("org_1"));
  w.reduce();
  w.tell({});
  EXPECT_EQ(w.value("select permissions::text from rolecall.organization_roles"), "{a:b,c:d}");
  EXPECT_EQ(roles(), "org-x Name 3");
}

TEST_F(StreamOfRoles, AnEnvironmentRoleIsReadAgainForItsName) {
  w.roles_are(std::vector{role("billing", 1, "Billing")});
  w.tell({joined("ann", "billing", 2), environment("created", "billing", 3)});
  EXPECT_EQ(w.value("select name from rolecall.global_roles where workos_slug = 'billing'"),
            "Billing");
  EXPECT_EQ(w.roles_of("ann"), "billing");
  EXPECT_EQ(w.outcome(3), "applied");
}

TEST_F(StreamOfRoles, AnEnvironmentRoleThatEndsTakesItsAssignmentsAlong) {
  w.roles_are(std::vector{role("billing", 1)});
  w.tell({environment("created", "billing", 1), joined("ann", "billing", 2)});
  w.roles_are(std::vector<EnvironmentRole>{});
  w.tell({environment("deleted", "billing", 3)});
  w.tell({});
  EXPECT_EQ(w.roles_of("ann"), "member") << "the default role";
  EXPECT_EQ(w.number("select count(*) from rolecall.organization_role_assignments a join "
                     "rolecall.global_roles g on 'role:global:' || g.id = a.role_urn where "
                     "g.workos_slug = 'billing' and a.deleted_at is null"),
            0);
}

TEST_F(StreamOfRoles, AnEnvironmentRoleThatEndsIsNotSaidOfWhoWasToGetItEither) {
  w.roles_are(std::vector{role("billing", 1)});
  w.tell({environment("created", "billing", 1), joined("ann", "member", 2)});
  w.sql(
      "select rolecall.set_member_roles('acme', 'user_ann', array[(select 'role:global:' || id "
      "from rolecall.global_roles where workos_slug = 'billing')])");
  w.roles_are(std::vector<EnvironmentRole>{});
  ASSERT_TRUE(w.record({changed("ann", "admin member", 3)}));
  ASSERT_TRUE(w.record({environment("deleted", "billing", 4)}));
  w.reduce();
  EXPECT_EQ(w.outcome(3), "merged");
  w.tell({});
  EXPECT_EQ(
      w.value("select desired -> 'roles' from rolecall.subjects where subject like 'member:%'"),
      R"(["admin"])");
  EXPECT_EQ(w.roles_of("ann"), "admin");
}

TEST_F(StreamOfRoles, AnEnvironmentRoleKnownBySlugAloneEndsBeforeTheNextOfItsSlugToo) {
  w.sql("select rolecall.upsert_global_role('billing', 'Billing')");
  w.tell({joined("ann", "billing", 2)});
  ASSERT_EQ(w.roles_of("ann"), "billing");
  w.roles_are(std::vector{role("billing", 4)});
  w.tell({environment("deleted", "billing", 3), environment("created", "billing", 4)});
  w.tell({});
  w.tell({});
  EXPECT_EQ(w.roles_of("ann"), "member");
  EXPECT_EQ(w.value("select deleted_at is null from rolecall.global_roles where workos_slug = "
                    "'billing'"),
            "t");
}

TEST_F(StreamOfRoles, ARevivedEnvironmentRoleGivesNobodyTheirOldAccess) {
  w.roles_are(std::vector{role("billing", 1)});
  w.tell({environment("created", "billing", 1), joined("ann", "billing", 2)});
  // Made anew between two looks: the list shows the new one only.
  w.roles_are(std::vector{role("billing", 5)});
  w.tell({environment("deleted", "billing", 4), environment("created", "billing", 5)});
  w.tell({});
  w.tell({});
  EXPECT_EQ(w.value("select deleted_at is null and workos_created_at = $1::timestamptz from "
                    "rolecall.global_roles where workos_slug = 'billing'",
                    {at_second(5)}),
            "t");
  EXPECT_EQ(w.roles_of("ann"), "member");
}

TEST_F(StreamOfRoles, AnEventOfTheEnvironmentWaitsForTheListOfRoles) {
  w.tell({environment("created", "billing", 1)});
  EXPECT_EQ(w.outcome(1), "waits");
  EXPECT_TRUE(w.grant().task->roles_due);
  w.roles_are(std::vector{role("billing", 1)});
  w.tell({});
  EXPECT_EQ(w.outcome(1), "applied");
}

}  // namespace
}  // namespace rolecall::testing
