#include "tests/postgres/app/app_world.hpp"

namespace rolecall::testing {
namespace {

// Two or three applications at once, statement by statement.
class Concurrency : public AppWorld {
 protected:
  static std::string call(const std::string& function, const std::string& who,
                          const std::string& role) {
    return "select rolecall." + function + "('acme', " + quoted(who) + ", " + quoted(role) + ")";
  }
  static std::string remove_role(const std::string& role) {
    return "select rolecall.delete_role(" + quoted(role) + ")";
  }
  static std::string enqueue_roles(const std::string& table) {
    return "select rolecall.enqueue('o', 's', 'member.push', jsonb_build_object('organization', "
           "'org_9', "
           "'user', 'u', 'roles', (select jsonb_agg(slug) from " +
           table + ")))";
  }
  std::string admins() {
    return value(
        "select count(*) from rolecall.organization_role_assignments where deleted_at is null "
        "and role_urn = " +
        quoted(admin));
  }

  void own_table() {
    database.sql("create table held (slug text)");
    database.sql("insert into held values ('a')");
    database.sql("grant all on held to rolecall_app");
  }

  Client other{database, "rolecall_app"};
  const std::string admin = environment_role("admin");
  const std::string member = environment_role("member");
};

TEST_F(Concurrency, TwoTransactionsCannotRemoveTheLastTwoAdmins) {
  add_member("ann", {admin, member});
  add_member("ben", {admin, member});
  app.must("begin");
  app.must(call("remove_member_role", "ann", admin));
  other.begin(call("remove_member_role", "ben", admin));
  other.wait_until_blocked();
  app.must("commit");
  EXPECT_TRUE(refused(other.finish(), "55000", "last admin"));
  EXPECT_EQ(admins(), "1");
}

TEST_F(Concurrency, NorOneByRemovingTheMember) {
  add_member("ann", {admin});
  add_member("ben", {admin});
  app.must("begin");
  app.must("select rolecall.remove_member('acme', 'ann')");
  other.begin("select rolecall.set_member_roles('acme', 'ben', " + array_of({member}) + ")");
  other.wait_until_blocked();
  app.must("rollback");
  EXPECT_TRUE(other.finish().ok()) << "the first one did not happen";
  EXPECT_EQ(admins(), "1");
}

TEST_F(Concurrency, UnderASnapshotTheSecondRemovalIsToldToRetry) {
  for (const std::string level : {"repeatable read", "serializable"}) {
    add_member("ann", {admin, member});
    add_member("ben", {admin, member});
    other.must("begin isolation level " + level);
    other.must("select 1");
    app.must(call("remove_member_role", "ann", admin));
    EXPECT_EQ(other.run(call("remove_member_role", "ben", admin)).sqlstate, "40001") << level;
    other.must("rollback");
    app.must("select rolecall.set_member_roles('acme', 'ann', " + array_of({admin, member}) + ")");
  }
}

TEST_F(Concurrency, WithoutTheOrganizationsRowBothLastAdminsGo) {
  rewrite_function("rolecall.hold_admins", "where o.id = hold_admins.organization_id",
                   "where false");
  add_member("ann", {admin, member});
  add_member("ben", {admin, member});
  app.must("begin");
  app.must(call("remove_member_role", "ann", admin));
  other.must(call("remove_member_role", "ben", admin));
  app.must("commit");
  EXPECT_EQ(admins(), "0");
}

TEST_F(Concurrency, C8AMemberCannotGetARoleThatIsBeingDeleted) {
  const auto role = new_role("Editors");
  add_member("ann", {member});
  app.must("begin");
  app.must(remove_role(role));
  other.begin(call("add_member_role", "ann", role));
  other.wait_until_blocked();
  app.must("commit");
  EXPECT_TRUE(refused(other.finish(), "P0002", "no role"));
  EXPECT_EQ(said_roles("member:acme:user_a"), "member");
}

TEST_F(Concurrency, C8ARoleThatIsDeletedTakesAMemberWhoJustGotIt) {
  const auto role = new_role("Editors");
  add_member("ann", {member});
  app.must("begin");
  app.must(call("add_member_role", "ann", role));
  other.begin(remove_role(role));
  other.wait_until_blocked();
  app.must("commit");
  EXPECT_TRUE(other.finish().ok());
  EXPECT_EQ(said_roles("member:acme:user_a"), "member");
  EXPECT_EQ(value("select bool_and(deleted_at is not null) from "
                  "rolecall.organization_role_assignments where role_urn = " +
                  quoted(role)),
            "t");
}

TEST_F(Concurrency, C8WithoutTheSharedLockTheMemberKeepsADeletedRole) {
  rewrite_function("rolecall.lock_roles", "order by r.subject for share", "");
  const auto role = new_role("Editors");
  add_member("ann", {member});
  app.must("begin");
  app.must(call("add_member_role", "ann", role));
  other.must(remove_role(role));
  app.must("commit");
  EXPECT_EQ(said_roles("member:acme:user_a"), "member,org-editors");
}

TEST_F(Concurrency, DeleteWaitsForNobodyWhoHoldsAnotherRole) {
  const auto role = new_role("Editors");
  add_member("ann", {member});
  app.must("begin");
  app.must(call("add_member_role", "ann", admin));
  EXPECT_TRUE(other.run(remove_role(role)).ok());
  app.must("commit");
}

TEST_F(Concurrency, AnOpenUseOfAnEnvironmentRoleBlocksNobody) {
  app.must("begin");
  add_member("ann", {member});
  other.must("select rolecall.upsert_organization('other', 'Other', 'org_2')");
  EXPECT_TRUE(
      other.run("select rolecall.add_member('other', 'ben', " + array_of({member}) + ")").ok());
  EXPECT_TRUE(other.run("select rolecall.upsert_global_role('member', 'Renamed')").ok());
  app.must("commit");
}

TEST_F(Concurrency, TwoChangesOfOneMemberBothCount) {
  const auto editors = new_role("Editors");
  const auto readers = new_role("Readers");
  add_member("ann", {member});
  app.must("begin");
  app.must(call("add_member_role", "ann", editors));
  other.begin(call("add_member_role", "ann", readers));
  other.wait_until_blocked();
  app.must("commit");
  EXPECT_TRUE(other.finish().ok());
  EXPECT_EQ(said_roles("member:acme:user_a"), "member,org-editors,org-readers");
  EXPECT_EQ(version_of("member:acme:user_a"), "3");
}

TEST_F(Concurrency, DeletingTwoRolesInOppositeDirectionsDoesNotDeadlock) {
  const auto editors = new_role("Editors");
  const auto readers = new_role("Readers");
  app.must("begin");
  app.must("select rolecall.delete_role(" + quoted(editors) + ", " + quoted(readers) + ")");
  other.begin("select rolecall.delete_role(" + quoted(readers) + ", " + quoted(editors) + ")");
  other.wait_until_blocked();
  app.must("commit");
  EXPECT_TRUE(refused(other.finish(), "P0002", "no role")) << "its replacement is gone";
}

TEST_F(Concurrency, ASlugThatIsBeingDeletedCanBeHadAsSoonAsItIs) {
  const auto role = new_role("Editors");
  app.must("begin");
  app.must(remove_role(role));
  other.begin("select subject from rolecall.create_role('acme', 'Editors')");
  other.wait_until_blocked();
  app.must("commit");
  const auto again = other.finish().value();
  ASSERT_FALSE(again.empty());
  EXPECT_EQ(newest(again, "waits_for"), "{\"(" + role + ",2)\"}");
}

TEST_F(Concurrency, AnUpdateCannotReviveARoleThatIsBeingDeleted) {
  const auto role = new_role("Editors");
  app.must("begin");
  app.must(remove_role(role));
  other.begin("select rolecall.update_role(" + quoted(role) + ", 'New')");
  other.wait_until_blocked();
  app.must("commit");
  EXPECT_TRUE(refused(other.finish(), "P0002", "does not exist"));
  EXPECT_EQ(newest(role, "kind"), "role.remove");
}

TEST_F(Concurrency, C4VersionsFollowTheOrderOfCommits) {
  const auto say = [](const std::string& role) {
    return "select rolecall.enqueue('o', 's', 'member.push', "
           "'{\"organization\":\"org_9\",\"user\":\"u\",\"roles\":[\"" +
           role + "\"]}')";
  };
  app.must("begin");
  app.must(say("first"));
  other.begin(say("second"));
  other.wait_until_blocked();
  app.must("commit");
  ASSERT_TRUE(other.finish().ok());
  EXPECT_EQ(
      value(
          "select string_agg(desired #>> '{roles,0}', ',' order by version) from rolecall.outbox"),
      "first,second");
}

TEST_F(Concurrency, C4AStateReadFromAnOldSnapshotIsRefused) {
  const auto role = new_role("Editors");
  add_member("ann", {member});
  for (const std::string level : {"repeatable read", "serializable"}) {
    other.must("begin isolation level " + level);
    other.must("select 1");
    app.must(call("add_member_role", "ann", role));
    EXPECT_EQ(other.run(call("add_member_role", "ann", admin)).sqlstate, "40001") << level;
    other.must("rollback");
    app.must(call("remove_member_role", "ann", role));
  }
  EXPECT_EQ(said_roles("member:acme:user_a"), "member");
}

TEST_F(Concurrency, C4AnApplicationsOwnTablesAreReadUnderTheSubjectsLock) {
  own_table();
  const std::string lock = "select rolecall.lock_subjects(array['s'])";
  app.must("begin");
  app.must(lock);
  app.must("insert into held values ('b')");
  app.must(enqueue_roles("held"));
  other.must("begin");
  other.begin(lock);
  other.wait_until_blocked();
  app.must("commit");
  ASSERT_TRUE(other.finish().ok());
  other.must("insert into held values ('c')");
  other.must(enqueue_roles("held"));
  other.must("commit");
  EXPECT_EQ(newest("s", "desired -> 'roles'"), R"(["a", "b", "c"])");
}

TEST_F(Concurrency, C4WithoutThatLockTheNewestVersionForgetsAChange) {
  own_table();
  other.must("begin");
  app.must("begin");
  app.must("insert into held values ('b')");
  app.must(enqueue_roles("held"));
  other.must("insert into held values ('c')");
  other.begin(enqueue_roles("held"));  // reads held before it waits for the subject
  other.wait_until_blocked();
  app.must("commit");
  ASSERT_TRUE(other.finish().ok());
  other.must("commit");
  EXPECT_EQ(newest("s", "desired -> 'roles'"), R"(["a", "c"])");
}

TEST_F(Concurrency, LockSubjectsTakesLocksInOneOrder) {
  const auto role = new_role("Editors");
  add_member("ann", {member});
  add_member("ben", {member});
  app.must("begin");
  app.must("select rolecall.lock_subjects(array['member:acme:user_b', 'member:acme:user_a', " +
           quoted(role) + ", null])");
  other.must("begin");
  other.begin("select rolecall.lock_subjects(array['member:acme:user_a', 'member:acme:user_b'])");
  other.wait_until_blocked();
  app.must(call("add_member_role", "ben", role));
  app.must(call("add_member_role", "ann", role));
  app.must("commit");
  ASSERT_TRUE(other.finish().ok());
  other.must(call("remove_member_role", "ben", role));
  other.must("commit");
  EXPECT_EQ(said_roles("member:acme:user_b"), "member");
}

TEST_F(Concurrency, TwoWhoAddTheSameMemberAgreeOrOneIsRefused) {
  app.must("begin");
  add_member("ann", {member});
  other.begin("select rolecall.add_member('acme', 'ann', " + array_of({admin}) + ")");
  other.wait_until_blocked();
  app.must("commit");
  EXPECT_TRUE(refused(other.finish(), "23505", "already"));
  EXPECT_TRUE(
      other.run("select rolecall.add_member('acme', 'ann', " + array_of({member}) + ")").ok());
}

TEST_F(Concurrency, EnqueueSeesTheMirrorThatItWaitedFor) {
  app.must("begin");
  add_member("ann", {member});
  other.begin(
      "select rolecall.enqueue('acme', 'member:acme:user_a', 'member.remove', "
      "'{\"organization\":\"org_1\",\"user\":\"user_a\"}')");
  other.wait_until_blocked();
  app.must("commit");
  EXPECT_TRUE(refused(other.finish(), "55000", "own tables"));
  EXPECT_EQ(newest("member:acme:user_a", "kind"), "member.push");
}

TEST_F(Concurrency, AnotherLinkWaitsForTheMutationThatReadTheOldOne) {
  const std::string relink = "select rolecall.upsert_organization('acme', 'Acme', 'org_7')";
  const std::string enqueue =
      "select rolecall.enqueue('acme', 's', 'member.remove', "
      "'{\"organization\":\"org_1\",\"user\":\"u\"}')";
  for (const auto& mutation : {call("create_role", "Editors", ""), enqueue}) {
    app.must("begin");
    app.must(mutation);
    other.must("select rolecall.upsert_organization('acme', 'A new name', 'org_1')");
    other.begin(relink);
    other.wait_until_blocked();
    app.must("rollback");
    ASSERT_TRUE(other.finish().ok()) << "nothing was said under the old link";
    other.must("select rolecall.upsert_organization('acme', 'Acme', 'org_1')");
  }
  app.must("begin");
  new_role("Editors");
  other.begin(relink);
  other.wait_until_blocked();
  app.must("commit");
  EXPECT_TRUE(refused(other.finish(), "55000", "org_1"));
}

TEST_F(Concurrency, AMutationWaitsForTheLinkAndSaysTheNewOne) {
  app.must("begin");
  app.must("select rolecall.upsert_organization('acme', 'Acme', 'org_7')");
  other.begin("select subject from rolecall.create_role('acme', 'Editors')");
  other.wait_until_blocked();
  app.must("commit");
  const auto role = other.finish();
  ASSERT_TRUE(role.ok()) << role.message;
  EXPECT_EQ(newest(role.value(), "desired ->> 'organization'"), "org_7");
}

TEST_F(Concurrency, ASnapshotCannotHideWhatUsesTheLink) {
  other.must("begin isolation level repeatable read");
  other.must("select 1");
  new_role("Editors");
  EXPECT_TRUE(refused(other.run("select rolecall.upsert_organization('acme', 'Acme', 'org_7')"),
                      "40001", "acme"));
  other.must("rollback");
}

}  // namespace
}  // namespace rolecall::testing
