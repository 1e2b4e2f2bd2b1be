#include "tests/postgres/app/app_world.hpp"

namespace rolecall::testing {
namespace {

class EnableRbac : public AppWorld {
 protected:
  static std::string enable(const std::string& organization = "acme") {
    return "select rolecall.enable_rbac(" + quoted(organization) + ")";
  }
  std::string grants(const std::string& slug, const std::string& organization = "acme") {
    return value(
        "select string_agg(p.scope, ' ' order by p.scope) from rolecall.principal_grants p "
        "join rolecall.global_roles g on 'role:global:' || g.id = p.principal_urn "
        "where g.workos_slug = " +
        quoted(slug) + " and p.organization_id = " + quoted(organization));
  }
  std::string count(const std::string& table) {
    return value("select count(*)::text from rolecall." + table);
  }
  void end_role(const std::string& slug) {
    database.sql("select rolecall.end_environment_role_v1($1)", {slug});
  }

  Client boss{database, "rolecall_operator"};
  Client other{database, "rolecall_operator"};
};

TEST_F(EnableRbac, GrantsTheSystemRolesTheirDefaults) {
  EXPECT_EQ(boss.must(enable()).value(), "enabled with 14 default grants");
  EXPECT_EQ(grants("admin"),
            "environment:read environment:write mcp:connect mcp:read mcp:write org:admin org:read "
            "project:read project:write");
  EXPECT_EQ(grants("member"), "environment:read mcp:connect mcp:read org:read project:read");
  EXPECT_EQ(value("select selectors->>'resource_kind' || ' ' || (selectors->>'resource_id') "
                  "from rolecall.principal_grants where scope = 'mcp:write'"),
            "mcp *");
  EXPECT_EQ(value("select rbac_enabled_at is not null from rolecall.organizations"), "t");
  EXPECT_EQ(value("select count(*) from rolecall.audit_log where action = 'enable_rbac' and "
                  "organization_id = 'acme'"),
            "1");
}

TEST_F(EnableRbac, TwiceIsTheSameAsOnce) {
  boss.must(enable());
  database.sql("delete from rolecall.principal_grants where scope = 'org:admin'");
  const auto at = value("select rbac_enabled_at::text from rolecall.organizations");
  EXPECT_EQ(boss.must(enable()).value(), "already enabled");
  EXPECT_EQ(count("principal_grants"), "13") << "what was taken back does not come again";
  EXPECT_EQ(value("select rbac_enabled_at::text from rolecall.organizations"), at);
  EXPECT_EQ(value("select count(*) from rolecall.audit_log where action = 'enable_rbac'"), "1");
}

TEST_F(EnableRbac, RefusesUntilTheGlobalRolesAreThere) {
  for (const std::string slug : {"member", "admin"}) {
    end_role(slug);
    EXPECT_TRUE(refused(boss.run(enable()), "55000", slug));
  }
  EXPECT_EQ(count("principal_grants"), "0");
  EXPECT_EQ(value("select rbac_enabled_at is null from rolecall.organizations"), "t");
  for (const std::string slug : {"member", "admin"})
    app.must("select rolecall.upsert_global_role(" + quoted(slug) + ", 'A role')");
  EXPECT_TRUE(boss.run(enable()).ok());
}

TEST_F(EnableRbac, RefusesAnOrganizationThatIsNotKnownOrNotLinked) {
  EXPECT_TRUE(refused(boss.run(enable("nobody")), "P0002", "nobody"));
  app.must("select rolecall.upsert_organization('bare', 'Bare', null)");
  EXPECT_TRUE(refused(boss.run(enable("bare")), "55000", "bare"));
  EXPECT_EQ(count("principal_grants"), "0");
}

TEST_F(EnableRbac, LeavesARoleThatSomebodyGaveGrants) {
  database.sql(
      "insert into rolecall.principal_grants (organization_id, principal_urn, scope, selectors) "
      "values ('acme', $1, 'org:read', '{\"resource_kind\":\"org\",\"resource_id\":\"*\"}')",
      {environment_role("member")});
  EXPECT_EQ(boss.must(enable()).value(), "enabled with 9 default grants");
  EXPECT_EQ(grants("member"), "org:read");
}

TEST_F(EnableRbac, GrantsWhatTheOwnerMadeTheDefaults) {
  database.sql("delete from rolecall.default_grants where scope <> 'org:read'");
  EXPECT_EQ(boss.must(enable()).value(), "enabled with 2 default grants");
  EXPECT_EQ(grants("admin"), "org:read");
}

TEST_F(EnableRbac, TwoAtOnceTakeTurns) {
  boss.must("begin");
  boss.must(enable());
  other.begin(enable());
  other.wait_until_blocked();
  boss.must("commit");
  EXPECT_EQ(other.finish().value(), "already enabled");
  EXPECT_EQ(count("principal_grants"), "14");
}

TEST_F(EnableRbac, TheSecondDoesItWhereTheFirstGivesUp) {
  boss.must("begin");
  boss.must(enable());
  other.begin(enable());
  other.wait_until_blocked();
  boss.must("rollback");
  EXPECT_EQ(other.finish().value(), "enabled with 14 default grants");
}

TEST_F(EnableRbac, OrganizationsDoNotWaitForEachOtherNorMembersForIt) {
  app.must("select rolecall.upsert_organization('beta', 'Beta', 'org_2')");
  boss.must("begin");
  boss.must(enable());
  other.must("set statement_timeout = '10s'");
  EXPECT_EQ(other.must(enable("beta")).value(), "enabled with 14 default grants");
  app.must("set statement_timeout = '10s'");
  add_member("ann", {environment_role("member")});
  boss.must("commit");
  EXPECT_EQ(count("principal_grants"), "28");
}

// Otherwise a role revived under its old id would bring back what it was granted before.
TEST_F(EnableRbac, ARoleThatEndsTakesItsGrantsAlong) {
  boss.must(enable());
  end_role("member");
  EXPECT_EQ(count("principal_grants"), "9");
  app.must("select rolecall.upsert_global_role('member', 'A role')");
  EXPECT_EQ(grants("member"), "");
}

TEST_F(EnableRbac, ARoleThatEndsMeanwhileTakesItsGrantsAlongToo) {
  boss.must("begin");
  boss.must(enable());
  Client ending(database.open_url());
  ending.begin("select rolecall.end_environment_role_v1('member')");
  ending.wait_until_blocked();
  boss.must("commit");
  EXPECT_TRUE(ending.finish().ok());
  EXPECT_EQ(count("principal_grants"), "9");
}

TEST_F(EnableRbac, IsForOperators) {
  EXPECT_EQ(app.run(enable()).sqlstate, "42501");
  EXPECT_EQ(Client(database, "rolecall_worker").run(enable()).sqlstate, "42501");
}

}  // namespace
}  // namespace rolecall::testing
