// Roles of the environment and of organizations.
#include <gmock/gmock.h>

#include "tests/unit/emulator/environment.hpp"

namespace rolecall::emulator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

class Roles : public Environment {
 protected:
  const std::string acme_ = "/authorization/organizations/org_acme/roles";
  const std::string shared_ = "/authorization/roles";
};

TEST_F(Roles, ListOfTheEnvironmentBeginsWithAdminAndMemberAndHasNoPages) {
  const Answer list = call("GET", shared_);
  EXPECT_EQ(list.status, 200);
  EXPECT_THAT(list.texts("/data", "slug"), ElementsAre("admin", "member"));
  EXPECT_FALSE(list.body.as_object().contains("list_metadata"));
}

TEST_F(Roles, ListOfAnOrganizationHoldsTheEnvironmentsRolesToo) {
  add_role("org_acme", "org-lead");
  const Answer list = call("GET", acme_);
  EXPECT_THAT(list.texts("/data", "slug"), ElementsAre("admin", "member", "org-lead"));
  EXPECT_THAT(list.texts("/data", "type"),
              ElementsAre("EnvironmentRole", "EnvironmentRole", "OrganizationRole"));
  EXPECT_THAT(call("GET", "/authorization/organizations/org_beta/roles").texts("/data", "slug"),
              ElementsAre("admin", "member"));
}

TEST_F(Roles, AreCreatedWithTheSlugGiven) {
  const Answer made = call("POST", acme_, R"({"slug":"org-lead","name":"Lead","description":"d"})");
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.text("/id"), MatchesRegex("role_[0-9A-Z]{26}"));
  EXPECT_EQ(made.text("/type"), "OrganizationRole");
  EXPECT_EQ(made.text("/description"), "d");
  EXPECT_EQ(made.text("/created_at"), "2026-01-15T12:00:00.000Z");
  EXPECT_EQ(call("GET", acme_ + "/org-lead").text("/id"), made.text("/id"));
}

TEST_F(Roles, GetAMadeUpSlugWhenNoneWasGivenSoThatARetryMakesASecondRole) {
  const Answer first = call("POST", acme_, R"({"name":"Billing Admin"})");
  const Answer second = call("POST", acme_, R"({"name":"Billing Admin"})");
  EXPECT_THAT(first.text("/slug"), MatchesRegex("org-billing-admin-[a-z0-9]{4}"));
  EXPECT_EQ(second.status, 201);
  EXPECT_NE(first.text("/slug"), second.text("/slug"));
  const std::string long_name(48, 'x');
  EXPECT_LE(call("POST", acme_, R"({"name":")" + long_name + R"("})").text("/slug").size(), 48u);
}

TEST_F(Roles, RefuseATakenSlugWith409AndTheCodeOfTheirKind) {
  add_role("org_acme", "org-lead");
  const Answer taken = call("POST", acme_, R"({"slug":"org-lead","name":"Other"})");
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(taken.code(), "organization_role_slug_conflict");
  const Answer admin = call("POST", shared_, R"({"slug":"admin","name":"Other"})");
  EXPECT_EQ(admin.status, 409);
  EXPECT_EQ(admin.code(), "role_slug_conflict");
  EXPECT_EQ(call("POST", "/authorization/organizations/org_beta/roles",
                 R"({"slug":"org-lead","name":"Lead"})")
                .status,
            201);
}

TEST_F(Roles, RefuseWhatBreaksTheBoundsOfSlugNameAndDescription) {
  const std::string long_text(49, 'a');
  const std::string longer_text(151, 'a');
  for (const std::string& body :
       {std::string{R"({"slug":"lead","name":"Lead"})"},
        std::string{R"({"slug":"org-","name":"x"})"},
        std::string{R"({"slug":"org-Lead","name":"x"})"},
        std::string{R"({"slug":"org-a b","name":"x"})"},
        R"({"slug":"org-)" + long_text + R"(","name":"x"})", std::string{R"({"slug":"org-a"})"},
        R"({"slug":"org-a","name":")" + long_text + R"("})",
        R"({"slug":"org-a","name":"x","description":")" + longer_text + R"("})",
        std::string{R"({"slug":"org-a","name":7})"}}) {
    const Answer refused = call("POST", acme_, body);
    EXPECT_EQ(refused.status, 422) << body;
    EXPECT_FALSE(refused.at("/errors").as_array().empty()) << body;
  }
  EXPECT_THAT(new_events(), IsEmpty());
}

TEST_F(Roles, CountCharactersAndNotBytes) {
  std::string umlauts;
  for (int i = 0; i < 48; ++i) umlauts += "ü";
  EXPECT_EQ(call("POST", acme_, R"({"slug":"org-a","name":")" + umlauts + R"("})").status, 201);
}

TEST_F(Roles, ArePatchedFieldByField) {
  add_role("org_acme", "org-lead");
  new_events();
  pass(Millis{5});
  const Answer patched = call("PATCH", acme_ + "/org-lead", R"({"description":"new"})");
  EXPECT_EQ(patched.text("/name"), "A role");
  EXPECT_EQ(patched.text("/description"), "new");
  EXPECT_EQ(patched.text("/updated_at"), "2026-01-15T12:00:00.005Z");
  EXPECT_THAT(new_events(), ElementsAre("organization_role.updated"));
  EXPECT_EQ(last_event().at_pointer("/context/previous_attributes/description"), nullptr);
  EXPECT_TRUE(
      call("PATCH", acme_ + "/org-lead", R"({"description":null})").at("/description").is_null());
}

TEST_F(Roles, SayNothingWhenAPatchChangesNothing) {
  add_role("org_acme", "org-lead");
  new_events();
  pass(Millis{5});
  const Answer patched = call("PATCH", acme_ + "/org-lead", R"({"name":"A role"})");
  EXPECT_EQ(patched.status, 200);
  EXPECT_EQ(patched.text("/updated_at"), "2026-01-15T12:00:00.000Z");
  EXPECT_THAT(new_events(), IsEmpty());
}

TEST_F(Roles, AnswerNotFoundForAnUnknownRoleOrOrganization) {
  for (const auto& [method, target] :
       {std::pair{"GET", acme_ + "/org-no"},
        {"PATCH", acme_ + "/org-no"},
        {"DELETE", acme_ + "/org-no"},
        {"GET", shared_ + "/no"},
        {"PATCH", shared_ + "/no"},
        {"GET", std::string{"/authorization/organizations/org_no/roles"}},
        {"POST", std::string{"/authorization/organizations/org_no/roles"}}})
    EXPECT_EQ(call(method, target, R"({"name":"x"})").status, 404) << method << target;
}

TEST_F(Roles, OfTheEnvironmentAreFoundButNotChangedThroughAnOrganization) {
  EXPECT_EQ(call("GET", acme_ + "/admin").text("/type"), "EnvironmentRole");
  EXPECT_EQ(call("PATCH", acme_ + "/admin", R"({"name":"x"})").status, 404);
  EXPECT_EQ(call("DELETE", acme_ + "/admin").status, 404);
}

TEST_F(Roles, AreNotDeletedWhileAnyMembershipHoldsThem) {
  add_role("org_acme", "org-lead");
  const std::string member = add_member("org_acme", "user_ada", "org-lead");
  const std::string path = "/user_management/organization_memberships/" + member;
  EXPECT_EQ(call("DELETE", acme_ + "/org-lead").code(), "role_has_assignments");
  call("PUT", path + "/deactivate");
  EXPECT_EQ(call("DELETE", acme_ + "/org-lead").status, 409);
  EXPECT_EQ(call("DELETE", path).status, 200);
  new_events();
  const Answer deleted = call("DELETE", acme_ + "/org-lead");
  EXPECT_EQ(deleted.status, 204);
  EXPECT_TRUE(deleted.body.is_null());
  EXPECT_THAT(new_events(), ElementsAre("organization_role.deleted"));
  EXPECT_EQ(call("DELETE", acme_ + "/org-lead").status, 404);
}

TEST_F(Roles, CreatedAgainAfterADeleteAreNewIncarnations) {
  add_role("org_acme", "org-lead");
  const std::string first = call("GET", acme_ + "/org-lead").text("/id");
  call("DELETE", acme_ + "/org-lead");
  add_role("org_acme", "org-lead");
  EXPECT_GT(call("GET", acme_ + "/org-lead").text("/id"), first);
}

TEST_F(Roles, OfTheEnvironmentAreDeletedByTheDashboardOnly) {
  call("POST", shared_, R"({"slug":"auditor","name":"Auditor"})");
  const std::string member = add_member("org_acme", "user_ada", "auditor");
  EXPECT_EQ(call("DELETE", shared_ + "/auditor").status, 404);
  new_events();
  EXPECT_EQ(edit("DELETE", shared_ + "/auditor").status, 204);
  EXPECT_THAT(new_events(), ElementsAre("organization_membership.updated", "role.deleted"));
  EXPECT_EQ(last_event().at_pointer("/context/actor/source"), "dashboard");
  EXPECT_EQ(call("GET", "/user_management/organization_memberships/" + member).text("/role/slug"),
            "member");
}

TEST_F(Roles, HeldByMembersAreDeletedByTheDashboardWhichMovesTheHolders) {
  add_role("org_acme", "org-lead");
  const std::string member = add_member("org_acme", "user_ada", "org-lead");
  EXPECT_EQ(edit("DELETE", acme_ + "/org-lead").status, 204);
  EXPECT_EQ(call("GET", "/user_management/organization_memberships/" + member).text("/role/slug"),
            "member");
}

class RolePermissions : public Roles {
 protected:
  RolePermissions() {
    add_role("org_acme", "org-lead");
    for (const std::string slug : {"docs:read", "docs:write"})
      create("/authorization/permissions", R"({"slug":")" + slug + R"(","name":"P"})");
    new_events();
  }
  const std::string lead_ = acme_ + "/org-lead/permissions";

  std::string carried() {
    return boost::json::serialize(call("GET", acme_ + "/org-lead").at("/permissions"));
  }
};

TEST_F(RolePermissions, AreReplacedAsAWhole) {
  EXPECT_EQ(call("PUT", lead_, R"({"permissions":["docs:read","docs:write"]})").status, 200);
  EXPECT_EQ(carried(), R"(["docs:read","docs:write"])");
  EXPECT_EQ(call("PUT", lead_, R"({"permissions":[]})").status, 200);
  EXPECT_EQ(carried(), "[]");
  EXPECT_THAT(new_events(), ElementsAre("organization_role.updated", "organization_role.updated"));
}

TEST_F(RolePermissions, EmitNothingWhenTheSetIsTheSame) {
  call("PUT", lead_, R"({"permissions":["docs:read","docs:write"]})");
  new_events();
  EXPECT_EQ(call("PUT", lead_, R"({"permissions":["docs:write","docs:read"]})").status, 200);
  EXPECT_EQ(call("POST", lead_, R"({"slug":"docs:read"})").status, 200);
  EXPECT_THAT(new_events(), IsEmpty());
}

TEST_F(RolePermissions, KeepTheOldSetWhenOneOfTheNewIsUnknown) {
  call("PUT", lead_, R"({"permissions":["docs:read"]})");
  EXPECT_EQ(call("PUT", lead_, R"({"permissions":["docs:write","nobody:knows"]})").status, 404);
  EXPECT_EQ(carried(), R"(["docs:read"])");
}

TEST_F(RolePermissions, AreAddedAndTakenAwayOneByOne) {
  EXPECT_EQ(call("POST", lead_, R"({"slug":"docs:write"})").status, 200);
  EXPECT_EQ(carried(), R"(["docs:write"])");
  EXPECT_EQ(call("DELETE", lead_ + "/docs%3Awrite").status, 200);
  EXPECT_EQ(carried(), "[]");
  EXPECT_EQ(call("DELETE", lead_ + "/docs%3Awrite").status, 404);
  EXPECT_EQ(call("PUT", lead_, R"({"permissions":"docs:read"})").status, 422);
  EXPECT_EQ(call("PUT", lead_, "{}").status, 422);
}

TEST_F(RolePermissions, OfAnEnvironmentRoleAreReplacedButNotRemovedOneByOne) {
  const std::string admin = shared_ + "/admin/permissions";
  EXPECT_EQ(call("PUT", admin, R"({"permissions":["docs:read"]})").status, 200);
  EXPECT_EQ(call("POST", admin, R"({"slug":"docs:write"})").status, 200);
  EXPECT_THAT(new_events(), ElementsAre("role.updated", "role.updated"));
  EXPECT_EQ(call("DELETE", admin + "/docs%3Aread").status, 404);
  EXPECT_EQ(call("GET", shared_ + "/admin").at("/permissions").as_array().size(), 2u);
}

}  // namespace
}  // namespace rolecall::emulator
