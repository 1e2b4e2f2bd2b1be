#include "tests/postgres/app/app_world.hpp"

namespace rolecall::testing {
namespace {

class Members : public AppWorld {
 protected:
  Answer call(const std::string& function, const std::string& who,
              const std::vector<std::string>& roles) {
    return app.run("select status from rolecall." + function + "('acme', " + quoted(who) + ", " +
                   array_of(roles) + ")");
  }
  Answer call_one(const std::string& function, const std::string& who, const std::string& role) {
    return app.run("select status from rolecall." + function + "('acme', " + quoted(who) + ", " +
                   quoted(role) + ")");
  }
  Answer remove(const std::string& who) {
    return app.run("select deleted_at is not null from rolecall.remove_member('acme', " +
                   quoted(who) + ")");
  }
  const std::string admin = environment_role("admin");
  const std::string member = environment_role("member");
  const std::string ann = "member:acme:user_a";
};

TEST_F(Members, AddSaysTheWholeSetAndWaitsForTheOrganizationsRoles) {
  const auto editors = new_role("Editors");
  ASSERT_EQ(call("add_member", "ann", {editors, admin, editors}).value(), "active");
  EXPECT_EQ(newest(ann, "desired"),
            R"({"user": "user_a", "roles": ["admin", "org-editors"], "organization": "org_1"})");
  EXPECT_EQ(newest(ann, "kind"), "member.push");
  EXPECT_EQ(newest(ann, "waits_for"), "{\"(" + editors + ",1)\"}");
  EXPECT_EQ(newest(ann, "priority"), "1");
  EXPECT_EQ(value("select object_key from rolecall.subjects where subject = " + quoted(ann)),
            "member:org_1:user_a");
  EXPECT_EQ(value("select user_id from rolecall.organization_memberships"), "ann");
}

TEST_F(Members, AddOfAMemberIsAnErrorUnlessTheSetIsEqual) {
  const auto editors = new_role("Editors");
  ASSERT_TRUE(call("add_member", "ann", {editors, member}).ok());
  EXPECT_TRUE(call("add_member", "user_a", {member, editors}).ok());
  EXPECT_TRUE(refused(call("add_member", "ann", {editors}), "23505", "already"));
  EXPECT_EQ(said_roles(ann), "member,org-editors");
}

TEST_F(Members, AMembershipSurvivesLeavingAndRejoining) {
  const auto editors = new_role("Editors");
  ASSERT_TRUE(call("add_member", "ann", {editors}).ok());
  ASSERT_EQ(remove("ann").value(), "t");
  EXPECT_EQ(newest(ann, "kind"), "member.remove");
  EXPECT_EQ(newest(ann, "desired"), R"({"user": "user_a", "organization": "org_1"})");
  EXPECT_EQ(newest(ann, "priority"), "0");
  EXPECT_TRUE(refused(remove("ann"), "P0002", "not a member"));
  ASSERT_TRUE(call("add_member", "ann", {member}).ok());
  EXPECT_EQ(version_of(ann), "3");
  EXPECT_EQ(value("select string_agg(role_urn, ',') from rolecall.organization_role_assignments "
                  "where deleted_at is null"),
            member)
      << "the roles of before do not come back";
  EXPECT_EQ(value("select touched ->> '*' from rolecall.subjects where subject = " + quoted(ann)),
            "3");
}

TEST_F(Members, SetReplacesTheWholeSet) {
  const auto editors = new_role("Editors");
  ASSERT_TRUE(call("add_member", "ann", {editors, member}).ok());
  ASSERT_TRUE(call("set_member_roles", "ann", {admin, member}).ok());
  EXPECT_EQ(said_roles(ann), "admin,member");
  EXPECT_EQ(newest(ann, "priority"), "0") << "a role went";
  ASSERT_TRUE(call("set_member_roles", "ann", {admin, member, editors}).ok());
  EXPECT_EQ(newest(ann, "priority"), "1") << "none went";
  EXPECT_EQ(value("select count(*) from rolecall.organization_role_assignments where role_urn = " +
                  quoted(editors)),
            "2")
      << "one tombstone, one new row";
  EXPECT_TRUE(refused(call("set_member_roles", "ben", {member}), "P0002", "not a member"));
}

TEST_F(Members, AddAndRemoveKeepTheOtherRoles) {
  const auto editors = new_role("Editors");
  ASSERT_TRUE(call("add_member", "ann", {member}).ok());
  ASSERT_TRUE(call_one("add_member_role", "ann", editors).ok());
  EXPECT_EQ(said_roles(ann), "member,org-editors");
  ASSERT_TRUE(call_one("add_member_role", "ann", editors).ok()) << "again is no error";
  ASSERT_TRUE(call_one("remove_member_role", "ann", member).ok());
  EXPECT_EQ(said_roles(ann), "org-editors");
  EXPECT_EQ(newest(ann, "priority"), "0");
  ASSERT_TRUE(call_one("remove_member_role", "ann", member).ok()) << "again is no error";
  EXPECT_TRUE(refused(call_one("add_member_role", "ben", member), "P0002", "not a member"));
}

TEST_F(Members, TheLastRoleLeavesTheDefaultRole) {
  const auto editors = new_role("Editors");
  ASSERT_TRUE(call("add_member", "ann", {editors}).ok());
  const auto answer = call_one("remove_member_role", "ann", editors);
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(answer.notices.size(), 1u);
  EXPECT_NE(answer.notices[0].find("default role"), std::string::npos);
  EXPECT_EQ(said_roles(ann), "member");
  EXPECT_TRUE(refused(call_one("remove_member_role", "ann", member), "55000", "default role only"));
  database.sql("update rolecall.organizations set default_role_slug = 'org-editors'");
  ASSERT_TRUE(call_one("remove_member_role", "ann", member).ok());
  EXPECT_EQ(said_roles(ann), "org-editors") << "the organization's own default";
  database.sql("update rolecall.organizations set default_role_slug = 'gone'");
  EXPECT_TRUE(refused(call_one("remove_member_role", "ann", editors), "55000", "not known"));
}

TEST_F(Members, RolesMustExistInTheOrganization) {
  app.must("select rolecall.upsert_organization('other', 'Other', 'org_2')");
  const auto foreign = new_role("Editors", "other");
  EXPECT_TRUE(refused(call("add_member", "ann", {}), "22023", "empty"));
  EXPECT_TRUE(refused(call("add_member", "ann", {foreign}), "P0002", "no role"));
  EXPECT_TRUE(refused(call("add_member", "ann", {"admin"}), "22023", "no role URN"));
  EXPECT_TRUE(refused(app.run("select rolecall.add_member('acme', 'ann', array[null]::text[])"),
                      "22023", "no role URN"));
  EXPECT_TRUE(
      refused(app.run("select rolecall.add_member('acme', 'ann', null)"), "22023", "empty"));
  EXPECT_TRUE(
      refused(call("add_member", "ann", {"role:global:00000000-0000-7000-8000-000000000000"}),
              "P0002", "no role"));
  ASSERT_TRUE(call("add_member", "ann", {member}).ok());
  EXPECT_TRUE(refused(call("set_member_roles", "ann", {member, foreign}), "P0002", "no role"));
  EXPECT_EQ(version_of(ann), "1") << "one bad role fails all";
}

TEST_F(Members, OneRoleEachWhereTheEnvironmentAllowsOne) {
  const auto editors = new_role("Editors");
  ASSERT_TRUE(call("add_member", "ben", {editors, member, admin}).ok());
  database.sql("update rolecall.provider_control set multiple_roles = false");
  EXPECT_TRUE(refused(call("add_member", "ann", {editors, member}), "22023", "allows one"));
  ASSERT_TRUE(call("add_member", "ann", {editors}).ok());
  EXPECT_TRUE(refused(call_one("add_member_role", "ann", member), "22023", "allows one"));
  ASSERT_TRUE(call("set_member_roles", "ann", {member}).ok());
  EXPECT_TRUE(call_one("remove_member_role", "ben", editors).ok()) << "taking away is not refused";
}

TEST_F(Members, TheLastAdminStays) {
  ASSERT_TRUE(call("add_member", "ann", {admin}).ok());
  ASSERT_TRUE(call("add_member", "ben", {member}).ok());
  EXPECT_TRUE(refused(remove("ann"), "55000", "last admin"));
  EXPECT_TRUE(refused(call("set_member_roles", "ann", {member}), "55000", "last admin"));
  EXPECT_TRUE(refused(call_one("remove_member_role", "ann", admin), "55000", "last admin"));
  ASSERT_TRUE(call("set_member_roles", "ben", {admin}).ok());
  EXPECT_EQ(remove("ann").value(), "t");
  EXPECT_TRUE(refused(remove("ben"), "55000", "last admin"));
}

TEST_F(Members, ASuspendedAdminIsNoAdmin) {
  ASSERT_TRUE(call("add_member", "ann", {admin}).ok());
  ASSERT_TRUE(call("add_member", "ben", {admin}).ok());
  database.sql(
      "update rolecall.organization_memberships set status = 'inactive' where user_id = 'ben'");
  EXPECT_TRUE(refused(remove("ann"), "55000", "last admin"));
  EXPECT_TRUE(remove("ben").ok());
}

TEST_F(Members, AMemberThatADirectoryManagesIsNamed) {
  ASSERT_TRUE(call("add_member", "ann", {member}).ok());
  database.sql("update rolecall.organization_memberships set directory_managed = true");
  EXPECT_EQ(call("set_member_roles", "ann", {admin, member}).notices.size(), 1u);
  ASSERT_TRUE(call("add_member", "ben", {admin}).ok());
  EXPECT_EQ(remove("ann").notices.size(), 1u);
}

TEST_F(Members, AreNamedByTheirIdHereOrAtWorkos) {
  ASSERT_TRUE(call("add_member", "user_a", {member}).ok());
  EXPECT_EQ(value("select user_id from rolecall.organization_memberships"), "ann");
  EXPECT_TRUE(call("set_member_roles", "ann", {admin}).ok());
  ASSERT_TRUE(call("add_member", "user_unknown", {member}).ok())
      << "a person that only WorkOS knows";
  EXPECT_EQ(value("select user_id is null from rolecall.organization_memberships "
                  "where workos_user_id = 'user_unknown'"),
            "t");
  app.must("select rolecall.upsert_user('dee', 'dee@x', 'user_unknown')");
  EXPECT_EQ(
      value("select m.user_id || a.user_id from rolecall.organization_memberships m join "
            "rolecall.organization_role_assignments a using (organization_id, workos_user_id) "
            "where workos_user_id = 'user_unknown'"),
      "deedee");
}

TEST_F(Members, ANameThatMeansNobodyOrTwoIsRefused) {
  EXPECT_TRUE(refused(call("add_member", "nobody", {member}), "P0002", "does not exist"));
  EXPECT_TRUE(refused(call("add_member", "", {member}), "22023", "empty"));
  app.must("select rolecall.upsert_user('new', 'new@x', null)");
  EXPECT_TRUE(refused(call("add_member", "new", {member}), "55000", "no WorkOS user id"));
  app.must("select rolecall.upsert_user('user_a', 'odd@x', 'user_z')");
  EXPECT_TRUE(refused(call("add_member", "user_a", {member}), "22023", "two different people"));
  EXPECT_TRUE(call("add_member", "user_z", {member}).ok());
  ASSERT_TRUE(call("add_member", "user_q", {member}).ok());
  app.must("select rolecall.upsert_user('user_q', 'q@x', 'user_y')");
  EXPECT_TRUE(
      refused(call("set_member_roles", "user_q", {admin}), "22023", "two different people"));
  database.sql("update rolecall.users set deleted_at = now() where id = 'cy'");
  EXPECT_TRUE(refused(call("add_member", "cy", {member}), "55000", "deleted"));
}

TEST_F(Members, UsersAndOrganizationsAreLinkedOnce) {
  const auto refuse = [this](const std::string& call, const std::string& state,
                             const std::string& what) {
    EXPECT_TRUE(refused(app.run("select rolecall." + call), state, what)) << call;
  };
  refuse("upsert_user('', 'x', null)", "22023", "needed");
  refuse("upsert_user('x', null, null)", "22023", "needed");
  refuse("upsert_user('x', 'x@x', '')", "22023", "empty");
  refuse("upsert_user('x', 'x@x', 'user_a')", "23505", "linked to user ann");
  refuse("upsert_organization('', 'X', null)", "22023", "needed");
  refuse("upsert_organization('x', 'X', '')", "22023", "empty");
  refuse("upsert_organization('x', 'X', 'org_1')", "23505", "linked to organization acme");
  app.must("select rolecall.upsert_organization('acme', 'Acme', 'org_7')");
  app.must("select rolecall.upsert_organization('acme', 'Acme Inc', null)");
  EXPECT_EQ(value("select workos_organization_id || name from rolecall.organizations"),
            "org_7Acme Inc");
  new_role("Editors");
  refuse("upsert_organization('acme', 'Acme', 'org_8')", "55000", "has roles or members");
  app.must("select rolecall.upsert_user('ann', 'ann@y', 'user_new')");
  EXPECT_EQ(value("select workos_user_id from rolecall.users where id = 'ann'"), "user_new")
      << "a user made again at WorkOS";
}

TEST_F(Members, SubjectsAndKeysArePercentEncoded) {
  app.must("select rolecall.upsert_organization('a:b*%', 'Odd', 'org_2')");
  app.must("select rolecall.add_member('a:b*%', 'user_c', " + array_of({member}) + ")");
  EXPECT_EQ(value("select subject from rolecall.subjects"), "member:a%3Ab%2A%25:user_c");
  EXPECT_EQ(value("select subject from rolecall.organization_memberships"),
            "member:a%3Ab%2A%25:user_c");
  EXPECT_EQ(value("select rolecall.key_part('%3A') <> rolecall.key_part(':')"), "t");
  const auto role = new_role("Editors", "a:b*%");
  app.must("select rolecall.delete_role(" + quoted(role) + ")");
  EXPECT_EQ(newest(role, "waits_for[1].subject"), "member:a%3Ab%2A%25:*");
}

TEST_F(Members, EveryMutationIsAuditedWithActorReasonBeforeAndAfter) {
  const auto editors = new_role("Editors");
  ASSERT_TRUE(call("add_member", "ann", {member}).ok());
  app.must("begin; set local app.user_id = 'boss'; set local app.reason = 'promoted'");
  ASSERT_TRUE(call_one("add_member_role", "ann", editors).ok());
  app.must("commit");
  EXPECT_EQ(value("select concat_ws(' ', action, actor, reason, session_role, version, "
                  "detail ->> 'before' = " +
                  quoted("[\"" + member + "\"]") +
                  ", "
                  "jsonb_array_length(detail -> 'after')) from rolecall.audit_log order by id desc "
                  "limit 1"),
            "add_member_role boss promoted rolecall_app 2 t 2");
  EXPECT_EQ(newest(ann, "enqueued_by || reason"), "bosspromoted");
  EXPECT_EQ(newest(editors, "enqueued_by"), "rolecall_app");
}

}  // namespace
}  // namespace rolecall::testing
