#include "tests/postgres/app/app_world.hpp"
#include "tests/support/session_state.hpp"

namespace rolecall::testing {
namespace {

using Roles = AppWorld;

TEST_F(Roles, CreateMakesTheSlugAndSaysTheRole) {
  const auto role = app.must(
      "select subject, workos_slug, name, description from "
      "rolecall.create_role('acme', '  Senior  Editors_2! ', 'They edit')");
  const auto urn = role.value();
  EXPECT_EQ(role.rows[0][1], "org-senior-editors-2");
  EXPECT_EQ(role.rows[0][2], "Senior  Editors_2!");
  EXPECT_EQ(newest(urn, "kind"), "role.push");
  EXPECT_EQ(newest(urn, "desired"),
            R"({"name": "Senior  Editors_2!", "slug": "org-senior-editors-2", )"
            R"("description": "They edit", "organization": "org_1"})");
  EXPECT_EQ(newest(urn, "priority"), "1");
  EXPECT_EQ(newest(urn, "waits_for"), "{}");
  EXPECT_EQ(value("select object_key from rolecall.subjects where subject = " + quoted(urn)),
            "role:org_1:org-senior-editors-2");
}

TEST_F(Roles, CreateKeepsAPrefixThatIsThere) {
  EXPECT_EQ(app.must("select workos_slug from rolecall.create_role('acme', 'Org Chart')").value(),
            "org-chart");
  EXPECT_EQ(app.must("select workos_slug from rolecall.create_role('acme', 'X', slug => 'org-y_z')")
                .value(),
            "org-y_z");
}

TEST_F(Roles, PermissionsAreASubjectOfTheirOwnThatWaitsForTheRole) {
  const auto answer = app.must(
      "select subject, permissions_subject from "
      "rolecall.create_role('acme', 'Readers', permissions => array['docs:read', 'a:*', "
      "'docs:read'])");
  const auto permissions = *answer.rows[0][1];
  EXPECT_EQ(newest(permissions, "desired -> 'permissions'"), R"(["a:*", "docs:read"])");
  EXPECT_EQ(newest(permissions, "waits_for"), "{\"(" + answer.value() + ",1)\"}");
  EXPECT_EQ(
      value("select object_key from rolecall.subjects where subject = " + quoted(permissions)),
      "permissions:org_1:org-readers");
  EXPECT_EQ(version_of("role_permissions:" + new_role("Plain").substr(18)), "");
}

TEST_F(Roles, CreateRefusesWhatWorkosWouldRefuse) {
  const auto create = [this](const std::string& arguments) {
    return app.run("select rolecall.create_role('acme', " + arguments + ")");
  };
  EXPECT_TRUE(refused(create("''"), "22023", "name is empty"));
  EXPECT_TRUE(refused(create("null"), "22023", "name is empty"));
  EXPECT_TRUE(refused(create("repeat('n', 49)"), "22023", "49 characters"));
  EXPECT_TRUE(refused(create("'two' || chr(10) || 'lines'"), "22023", "control character"));
  EXPECT_TRUE(refused(create("'!!'"), "22023", "at least one letter or digit"));
  EXPECT_TRUE(refused(create("'Prüfer'"), "22023", "no slug"));
  EXPECT_TRUE(create("'Prüfer', slug => 'pruefer'").ok());
  EXPECT_TRUE(refused(create("repeat('n', 45)"), "22023", "49 characters, and 48"));
  EXPECT_TRUE(create("repeat('n', 44)").ok());
  EXPECT_TRUE(refused(create("'X', slug => 'No Good'"), "22023", "is not valid"));
  EXPECT_TRUE(refused(create("'X', slug => 'org-'"), "22023", "is not valid"));
  EXPECT_TRUE(refused(create("'X', slug => ''"), "22023", "is not valid"));
  EXPECT_TRUE(refused(create("'X', repeat('d', 151)"), "22023", "151 characters"));
  EXPECT_TRUE(create("'Described', repeat('ü', 150), 'described'").ok());
  EXPECT_TRUE(refused(create("'X', permissions => array['Docs']"), "22023", "permission"));
  EXPECT_TRUE(refused(create("'X', permissions => array[null]::text[]"), "22023", "permission"));
  EXPECT_TRUE(refused(create("'X', permissions => array['*']"), "22023", "permission"));
  EXPECT_TRUE(
      refused(create("'X', permissions => array(select 'p' || n from generate_series(1, 501) n)"),
              "22023", "501 permissions"));
}

TEST_F(Roles, ASlugThatIsTakenIsRefusedAndNothingIsHalfDone) {
  new_role("Editors");
  const auto before = value("select count(*) from rolecall.outbox");
  EXPECT_TRUE(refused(app.run("select rolecall.create_role('acme', 'editors')"), "23505",
                      "org-editors already"));
  app.must("select rolecall.upsert_global_role('org-odd', 'Odd')");
  EXPECT_TRUE(
      refused(app.run("select rolecall.create_role('acme', 'Odd')"), "23505", "environment"));
  EXPECT_EQ(value("select count(*) from rolecall.outbox"), before);
  app.must("select rolecall.upsert_organization('other', 'Other', 'org_2')");
  EXPECT_FALSE(new_role("Editors", "other").empty());
}

TEST_F(Roles, AnOrganizationThatIsUnknownOrUnlinkedIsRefused) {
  EXPECT_TRUE(refused(app.run("select rolecall.create_role('nope', 'X')"), "P0002", "nope"));
  EXPECT_TRUE(refused(app.run("select rolecall.create_role(null, 'X')"), "22023", "null"));
  app.must("select rolecall.upsert_organization('later', 'Later', null)");
  EXPECT_TRUE(refused(app.run("select rolecall.create_role('later', 'X')"), "55000", "not linked"));
  app.must("select rolecall.upsert_organization('later', 'Later', 'org_9')");
  EXPECT_FALSE(new_role("X", "later").empty());
}

TEST_F(Roles, UpdateChangesWhatIsGivenAndKeepsTheSlug) {
  const auto urn = new_role("Editors");
  const auto update = [&](const std::string& arguments) {
    return app.must("select name, description, workos_slug from rolecall.update_role(" +
                    quoted(urn) + ", " + arguments + ")");
  };
  auto row = update("'Writers', 'They write'").rows[0];
  EXPECT_EQ(row[0], "Writers");
  EXPECT_EQ(row[2], "org-editors");
  EXPECT_EQ(update("name => 'Authors'").rows[0][1], "They write");
  EXPECT_EQ(update("description => ''").rows[0][1], std::nullopt);
  EXPECT_EQ(version_of(urn), "4");
  EXPECT_EQ(newest(urn, "desired -> 'description'"), "null");
  EXPECT_EQ(value("select touched::text from rolecall.subjects where subject = " + quoted(urn)),
            R"({"*": 1, "name": 3, "description": 4})");
}

TEST_F(Roles, UpdateOfNothingMakesNoVersion) {
  const auto urn = new_role("Editors");
  app.must("select rolecall.update_role(" + quoted(urn) + ")");
  EXPECT_EQ(version_of(urn), "1");
}

TEST_F(Roles, UpdateOfPermissionsSaysOnlyThose) {
  const auto urn = new_role("Editors");
  app.must("select rolecall.update_role(" + quoted(urn) + ", permissions => array['b','a'])");
  EXPECT_EQ(version_of(urn), "1");
  const auto permissions = "role_permissions:" + urn.substr(18);
  EXPECT_EQ(newest(permissions, "desired -> 'permissions'"), R"(["a", "b"])");
  app.must("select rolecall.update_role(" + quoted(urn) + ", permissions => '{}')");
  EXPECT_EQ(newest(permissions, "desired -> 'permissions'"), "[]");
}

TEST_F(Roles, SystemAndEnvironmentRolesAreNeitherRenamedNorDeleted) {
  app.must("select rolecall.upsert_global_role('auditor', 'Auditor')");
  for (const auto* slug : {"admin", "member", "auditor"}) {
    const auto urn = quoted(environment_role(slug));
    EXPECT_TRUE(refused(app.run("select rolecall.update_role(" + urn + ", 'New')"), "42501", slug));
    EXPECT_TRUE(refused(app.run("select rolecall.delete_role(" + urn + ")"), "42501", slug));
  }
}

TEST_F(Roles, WhatIsNoRoleIsRefused) {
  const auto absent = "'role:organization:00000000-0000-7000-8000-000000000000'";
  for (const auto* call :
       {"select rolecall.update_role(%, 'New')", "select rolecall.delete_role(%)"}) {
    const auto with = [&](const std::string& urn) {
      std::string sql = call;
      return sql.replace(sql.find('%'), 1, urn);
    };
    EXPECT_TRUE(refused(app.run(with("'role:organization:1'")), "22023", "no role URN"));
    EXPECT_TRUE(refused(app.run(with("null")), "22023", "no role URN"));
    EXPECT_TRUE(refused(app.run(with(absent)), "P0002", "does not exist"));
  }
}

TEST_F(Roles, UpdateRefusesWhatWorkosWouldRefuse) {
  const auto urn = quoted(new_role("Editors"));
  EXPECT_TRUE(
      refused(app.run("select rolecall.update_role(" + urn + ", '')"), "22023", "name is empty"));
  EXPECT_TRUE(refused(app.run("select rolecall.update_role(" + urn + ", null, repeat('d', 151))"),
                      "22023", "151"));
  EXPECT_TRUE(
      refused(app.run("select rolecall.update_role(" + urn + ", permissions => array['no no'])"),
              "22023", "permission"));
}

TEST_F(Roles, ListShowsTheEnvironmentsAndTheOrganizationsRoles) {
  const auto urn = new_role("Editors");
  add_member("ann", {urn, environment_role("admin")});
  add_member("ben", {urn});
  const auto list = app.must(
      "select slug, environment, system, member_count, role_urn from rolecall.list_roles('acme')");
  ASSERT_EQ(list.rows.size(), 3u);
  EXPECT_EQ(list.rows[0], (std::vector<std::optional<std::string>>{"admin", "t", "t", "1",
                                                                   environment_role("admin")}));
  EXPECT_EQ(list.rows[1][0], "member");
  EXPECT_EQ(list.rows[2],
            (std::vector<std::optional<std::string>>{"org-editors", "f", "f", "2", urn}));
  EXPECT_TRUE(refused(app.run("select * from rolecall.list_roles('nope')"), "P0002", "nope"));
}

TEST_F(Roles, AnEnvironmentRoleKeepsItsIdWhenItComesBack) {
  const auto urn = environment_role("member");
  database.sql("update rolecall.global_roles set deleted_at = now() where workos_slug = 'member'");
  app.must("select rolecall.upsert_global_role('member', 'Member again')");
  EXPECT_EQ(environment_role("member"), urn);
  EXPECT_EQ(
      value("select deleted_at is null from rolecall.global_roles where workos_slug = 'member'"),
      "t");
  EXPECT_TRUE(refused(app.run("select rolecall.upsert_global_role('No', 'X')"), "22023", "slug"));
  EXPECT_TRUE(refused(app.run("select rolecall.upsert_global_role('no', '')"), "22023", "name"));
}

TEST_F(Roles, ASessionBoundToOneOrganizationChangesNoOther) {
  app.must("select rolecall.upsert_organization('other', 'Other', 'org_2')");
  const auto urn = new_role("Editors");
  NEEDS_SESSION_STATE("SET without LOCAL");
  app.must("set app.org_id = 'other'");
  EXPECT_TRUE(refused(app.run("select rolecall.create_role('acme', 'X')"), "42501", "acme"));
  EXPECT_TRUE(
      refused(app.run("select rolecall.update_role(" + quoted(urn) + ", 'X')"), "42501", "acme"));
  EXPECT_TRUE(
      refused(app.run("select rolecall.delete_role(" + quoted(urn) + ")"), "42501", "acme"));
  EXPECT_TRUE(refused(app.run("select rolecall.list_roles('acme')"), "42501", "acme"));
  EXPECT_TRUE(
      refused(app.run("select rolecall.add_member('acme', 'ann', array[" + quoted(urn) + "])"),
              "42501", "acme"));
  EXPECT_TRUE(refused(app.run("select rolecall.upsert_organization('acme', 'A', 'org_1')"), "42501",
                      "acme"));
  EXPECT_TRUE(refused(app.run("select rolecall.lock_subjects(array[" + quoted(urn) + "])"), "42501",
                      "acme"));
  EXPECT_TRUE(refused(app.run("select rolecall.enqueue('acme', 'x', 'future.kind', '{}')"), "42501",
                      "acme"));
  EXPECT_FALSE(new_role("Editors", "other").empty());
}

}  // namespace
}  // namespace rolecall::testing
