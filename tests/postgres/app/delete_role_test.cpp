#include "tests/postgres/app/app_world.hpp"

namespace rolecall::testing {
namespace {

class DeleteRole : public AppWorld {
 protected:
  Answer remove(const std::string& urn, const std::string& rest = "") {
    return app.run("select deleted_at is not null from rolecall.delete_role(" + quoted(urn) + rest +
                   ")");
  }
};

TEST_F(DeleteRole, EndsTheRoleForItsHoldersFirst) {
  const auto editors = new_role("Editors");
  const auto readers = new_role("Readers");
  add_member("ann", {editors, readers});
  add_member("ben", {editors});
  const auto answer = remove(editors);
  EXPECT_EQ(answer.value(), "t");
  ASSERT_EQ(answer.notices.size(), 1u);
  EXPECT_NE(answer.notices[0].find("1 members had no other role"), std::string::npos);
  EXPECT_EQ(said_roles("member:acme:user_a"), "org-readers");
  EXPECT_EQ(said_roles("member:acme:user_b"), "member");
  EXPECT_EQ(newest("member:acme:user_a", "priority"), "0");
  EXPECT_EQ(value("select count(*) from rolecall.organization_role_assignments where deleted_at is "
                  "null and role_urn = " +
                  quoted(editors)),
            "0");
}

TEST_F(DeleteRole, TheRemovalWaitsForEveryMemberVersionBeforeIt) {
  const auto editors = new_role("Editors");
  add_member("ann", {editors});
  ASSERT_TRUE(remove(editors).ok());
  EXPECT_EQ(newest(editors, "kind"), "role.remove");
  EXPECT_EQ(newest(editors, "desired"), R"({"slug": "org-editors", "organization": "org_1"})");
  EXPECT_EQ(newest(editors, "waits_for"), "{\"(member:acme:*," + newest(editors, "id") + ")\"}");
  EXPECT_EQ(value("select bool_and(id < " + newest(editors, "id") +
                  ") from rolecall.outbox where kind like 'member.%'"),
            "t");
}

TEST_F(DeleteRole, ARoleThatWasNeverSaidIsRemovedAllTheSame) {
  const auto editors = new_role("Editors");
  ASSERT_TRUE(remove(editors).ok());
  EXPECT_EQ(newest(editors, "kind"), "role.remove");
  EXPECT_EQ(newest(editors, "version"), "2");
}

TEST_F(DeleteRole, ReassignsToTheNamedRole) {
  const auto editors = new_role("Editors");
  const auto readers = new_role("Readers");
  add_member("ann", {editors});
  const auto answer = remove(editors, ", " + quoted(readers));
  EXPECT_TRUE(answer.ok() && answer.notices.empty());
  EXPECT_EQ(said_roles("member:acme:user_a"), "org-readers");
  EXPECT_EQ(newest("member:acme:user_a", "waits_for"), "{\"(" + readers + ",1)\"}");
}

TEST_F(DeleteRole, RefusesWhatCannotTakeOver) {
  const auto editors = new_role("Editors");
  add_member("ann", {editors});
  EXPECT_TRUE(refused(remove(editors, ", " + quoted(editors)), "22023", "itself"));
  EXPECT_TRUE(refused(remove(editors, ", 'x'"), "22023", "no role URN"));
  EXPECT_TRUE(refused(remove(editors, ", 'role:organization:00000000-0000-7000-8000-000000000000'"),
                      "P0002", "no role"));
  database.sql("update rolecall.organizations set default_role_slug = 'org-editors'");
  EXPECT_TRUE(refused(remove(editors), "55000", "default role"));
  database.sql("update rolecall.organizations set default_role_slug = 'unknown'");
  EXPECT_TRUE(refused(remove(editors), "55000", "without a role"));
  EXPECT_EQ(version_of(editors), "1");
  EXPECT_EQ(version_of("member:acme:user_a"), "1");
}

TEST_F(DeleteRole, OfARoleThatIsGoneIsRefused) {
  const auto editors = new_role("Editors");
  ASSERT_TRUE(remove(editors).ok());
  EXPECT_TRUE(refused(remove(editors), "P0002", "does not exist"));
  EXPECT_TRUE(refused(app.run("select rolecall.update_role(" + quoted(editors) + ", 'X')"), "P0002",
                      "does not exist"));
  EXPECT_TRUE(
      refused(app.run("select rolecall.add_member('acme', 'ann', array[" + quoted(editors) + "])"),
              "P0002", "no role"));
}

TEST_F(DeleteRole, TheSlugComesBackAsAnotherRoleThatNobodyHolds) {
  const auto old_role = app.must(
                               "select subject from rolecall.create_role('acme', 'Editors', "
                               "permissions => array['a'])")
                            .value();
  add_member("ann", {old_role});
  ASSERT_TRUE(remove(old_role).ok());
  const auto again = new_role("Editors");
  EXPECT_NE(again, old_role);
  EXPECT_EQ(version_of(again), "1");
  // The end of the old one comes first, and so do its permissions: they go by the slug.
  EXPECT_EQ(newest(again, "waits_for"),
            "{\"(" + old_role + ",2)\",\"(role_permissions:" + old_role.substr(18) + ",1)\"}");
  EXPECT_EQ(said_roles("member:acme:user_a"), "member");
  EXPECT_EQ(
      value("select member_count from rolecall.list_roles('acme') where slug = 'org-editors'"),
      "0");
  app.must("select rolecall.update_role(" + quoted(again) + ", 'Writers')");
  EXPECT_NE(newest(again, "waits_for").find(old_role), std::string::npos)
      << "a newer version waits too";
}

TEST_F(DeleteRole, NamesTheMembersThatADirectoryManages) {
  const auto editors = new_role("Editors");
  add_member("ann", {editors, environment_role("member")});
  database.sql("update rolecall.organization_memberships set directory_managed = true");
  const auto answer = remove(editors);
  ASSERT_EQ(answer.notices.size(), 1u);
  EXPECT_NE(answer.notices[0].find("directory"), std::string::npos);
}

TEST_F(DeleteRole, IsRefusedUnderASnapshotThatCouldMissAHolder) {
  const auto editors = new_role("Editors");
  for (const auto* level : {"repeatable read", "serializable"}) {
    app.must("begin isolation level " + std::string(level));
    EXPECT_TRUE(refused(remove(editors), "0A000", "READ COMMITTED"));
    app.must("rollback");
  }
}

TEST_F(DeleteRole, OfTenThousandHoldersIsOneStatementOfSeconds) {
  const auto editors = new_role("Editors");
  const auto readers = new_role("Readers");
  database.sql(
      "insert into rolecall.organization_memberships (organization_id, workos_user_id) "
      "select 'acme', 'user_' || n from generate_series(1, 10000) n");
  database.sql(
      "insert into rolecall.organization_role_assignments (organization_id, workos_user_id, "
      "role_urn) "
      "select 'acme', 'user_' || n, x from generate_series(1, 10000) n, unnest(array[" +
      quoted(editors) + ", " + quoted(readers) + "]) x where x = " + quoted(editors) +
      " or n % 2 = 0");
  app.must("begin; set local statement_timeout = '20s'");  // 2 s on an idle machine
  ASSERT_TRUE(remove(editors).ok());
  app.must("commit");
  EXPECT_EQ(
      value("select count(*) from rolecall.outbox where kind = 'member.push' and priority = 0"),
      "10000");
  EXPECT_EQ(said_roles("member:acme:user_1"), "member");
  EXPECT_EQ(said_roles("member:acme:user_2"), "org-readers");
}

}  // namespace
}  // namespace rolecall::testing
