// Events about members: strangers, edits, ends, rejoins, replays, and slugs that nobody knows yet.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/event_world.hpp"

namespace rolecall::testing {
namespace {

class StreamOfMembers : public ::testing::Test {
 protected:
  EventWorld w{};
};

TEST_F(StreamOfMembers, AStrangerWhoJoinedIsAMemberWithTheRolesShown) {
  w.tell({joined("ann", "admin", 1)});
  EXPECT_EQ(w.roles_of("ann"), "admin");
  EXPECT_EQ(w.outcome(1), "external_join");
  EXPECT_EQ(w.number("select count(*) from rolecall.outbox"), 0) << "WorkOS has it already";
  EXPECT_EQ(w.value("select state from rolecall.convergence"), "confirmed");
}

TEST_F(StreamOfMembers, AMemberWhomNobodyKnewIsLinkedWhenThePersonIsKnown) {
  w.tell({joined("ann", "admin", 1)});
  EXPECT_EQ(w.value("select user_id is null from rolecall.organization_memberships"), "t");
  w.sql("select rolecall.upsert_user('u1', 'ann@x', 'user_ann')");
  EXPECT_EQ(w.value("select user_id from rolecall.organization_memberships"), "u1");
  EXPECT_EQ(w.value("select user_id from rolecall.organization_role_assignments"), "u1");
}

TEST_F(StreamOfMembers, SeveralRolesMakeSeveralAssignmentsAndTheSetIsDeclarative) {
  w.tell({joined("ann", "admin member", 1)});
  EXPECT_EQ(w.roles_of("ann"), "admin member");
  w.tell({changed("ann", "member", 2)});
  EXPECT_EQ(w.roles_of("ann"), "member");
  EXPECT_EQ(w.outcome(2), "adopted");
  EXPECT_EQ(w.number("select count(*) from rolecall.organization_role_assignments where "
                     "deleted_at is not null"),
            1)
      << "a tombstone is left";
}

TEST_F(StreamOfMembers, ADeletedMembershipDeprovisionsAndKeepsItsTombstone) {
  w.tell({joined("ann", "admin", 1), left("ann", 2)});
  EXPECT_EQ(w.roles_of("ann"), "gone");
  EXPECT_EQ(w.outcome(2), "external_remove");
  EXPECT_EQ(w.value("select workos_last_event_id from rolecall.organization_memberships"),
            "event_0002");
}

TEST_F(StreamOfMembers, ARejoinIsTheSameRowWithANewMembershipId) {
  w.tell({joined("ann", "admin", 1), left("ann", 2)});
  w.tell({joined("ann", "member", 20, "om_again")});
  EXPECT_EQ(w.roles_of("ann"), "member");
  EXPECT_EQ(w.value("select count(*) || ' ' || min(workos_membership_id) from "
                    "rolecall.organization_memberships"),
            "1 om_again");
}

TEST_F(StreamOfMembers, AnInactiveMembershipGivesNothingAndAReactivatedOneGivesBack) {
  w.tell({joined("ann", "admin", 1), changed("ann", "admin", 2, "", "inactive")});
  EXPECT_EQ(w.value("select status from rolecall.organization_memberships"), "inactive");
  w.tell({changed("ann", "admin", 3, "", "active")});
  EXPECT_EQ(w.value("select status from rolecall.organization_memberships"), "active");
  EXPECT_EQ(w.roles_of("ann"), "admin");
}

TEST_F(StreamOfMembers, AnEventToldTwiceIsAppliedOnce) {
  w.tell({joined("ann", "admin", 1), changed("ann", "member", 2)});
  w.sql("delete from rolecall.workos_user_syncs");  // as after start_events: read from the start
  w.tell({joined("ann", "admin", 1), changed("ann", "member", 2)});
  EXPECT_EQ(w.roles_of("ann"), "member");
  EXPECT_EQ(w.number("select count(*) from rolecall.inbox"), 2);
}

TEST_F(StreamOfMembers, AnOlderCreateAfterTheEndRevivesNobody) {
  w.tell({left("ann", 2)});
  EXPECT_EQ(w.roles_of("ann"), "gone");
  w.tell({joined("ann", "admin", 1)});
  EXPECT_EQ(w.roles_of("ann"), "gone");
  EXPECT_EQ(w.outcome(1), "stale_incarnation");
}

TEST_F(StreamOfMembers, ASlugThatNobodyKnowsIsKeptAndResolvedWhenTheRoleArrives) {
  w.tell({joined("ann", "member org-late", 5)});
  EXPECT_EQ(w.roles_of("ann"), "member");
  EXPECT_EQ(w.value("select unresolved ? 'org-late' from rolecall.observed"), "t");
  w.tell({role_told("created", "org-late", 4, 4)});
  EXPECT_EQ(w.roles_of("ann"), "member org-late");
  EXPECT_EQ(w.number("select count(*) from rolecall.outbox"), 0);
}

TEST_F(StreamOfMembers, ASlugSeenBeforeTheRoleWasMadeMeansAnotherRole) {
  w.tell({joined("ann", "member org-late", 5)});
  w.tell({role_told("created", "org-late", 6, 6)});
  EXPECT_EQ(w.roles_of("ann"), "member") << "what she was seen with was there before this role";
}

TEST_F(StreamOfMembers, TheirEventsWaitUntilTheOrganizationIsLinked) {
  w.sql("update rolecall.organizations set workos_organization_id = null");
  w.tell({joined("ann", "admin", 1)});
  EXPECT_EQ(w.outcome(1), "waits");
  w.sql("select rolecall.upsert_organization('acme', 'Acme', 'org_1')");
  w.tell({});
  EXPECT_EQ(w.roles_of("ann"), "admin");
}

TEST_F(StreamOfMembers, ARowThatAnApplicationIsMakingHoldsUpItsOwnEventsOnly) {
  Database application = w.database().connect_directly();
  ASSERT_TRUE(application.run("begin"));
  ASSERT_TRUE(application.run(
      "insert into rolecall.organization_memberships (organization_id, workos_user_id) "
      "values ('acme', 'user_ann')"));
  w.tell({joined("ann", "admin", 1), joined("bob", "admin", 2)});
  EXPECT_EQ(w.outcome(1), "waits");
  EXPECT_EQ(w.roles_of("bob"), "admin");
  ASSERT_TRUE(application.run("rollback"));
  w.tell({});
  EXPECT_EQ(w.roles_of("ann"), "admin");
}

}  // namespace
}  // namespace rolecall::testing
