// Memberships: who belongs where, with which roles.
#include <gmock/gmock.h>

#include "tests/unit/emulator/environment.hpp"

namespace rolecall::emulator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;

class MembershipsApi : public Environment {
 protected:
  MembershipsApi() {
    add_role("org_acme", "org-lead");
    add_role("org_beta", "org-only-beta");
    new_events();
  }
  const std::string all_ = "/user_management/organization_memberships";

  Answer post(std::string user, std::string roles) {
    return call("POST", all_,
                R"({"organization_id":"org_acme","user_id":")" + user + "\"" + roles + "}");
  }
  std::vector<std::string> listed(const std::string& query) {
    return call("GET", all_ + "?" + query).texts("/data", "user_id");
  }
};

TEST_F(MembershipsApi, AreCreatedActiveWithTheRoleGivenAndAnswerBothRoleAndRoles) {
  const Answer made = post("user_ada", R"(,"role_slug":"org-lead")");
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.text("/id"), MatchesRegex("om_[0-9A-Z]{26}"));
  EXPECT_EQ(made.text("/status"), "active");
  EXPECT_EQ(made.text("/role/slug"), "org-lead");
  EXPECT_THAT(made.texts("/roles", "slug"), ElementsAre("org-lead"));
  EXPECT_EQ(made.text("/organization_name"), "Acme");
  EXPECT_EQ(made.text("/user/email"), "ada@example.com");
  EXPECT_THAT(new_events(), ElementsAre("organization_membership.created"));
}

TEST_F(MembershipsApi, WithoutARoleGetTheDefaultRole) {
  EXPECT_EQ(post("user_ada", "").text("/role/slug"), "member");
}

TEST_F(MembershipsApi, RefuseARoleThatTheOrganizationDoesNotHave) {
  for (const char* roles : {R"(,"role_slug":"org-only-beta")", R"(,"role_slugs":["nobody"])"}) {
    const Answer refused = post("user_ada", roles);
    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(refused.code(), "invalid_role");
  }
  EXPECT_THAT(new_events(), IsEmpty());
}

TEST_F(MembershipsApi, RefuseSeveralRolesUnlessTheEnvironmentAllowsThem) {
  EXPECT_EQ(post("user_ada", R"(,"role_slugs":["member","org-lead"])").code(),
            "multiple_roles_not_enabled");
  control("POST", "/_emulator/config", R"({"multiple_roles":true})");
  const Answer made = post("user_ada", R"(,"role_slugs":["org-lead","member"])");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.text("/role/slug"), "org-lead");
  EXPECT_THAT(made.texts("/roles", "slug"), ElementsAre("org-lead", "member"));
}

TEST_F(MembershipsApi, RefuseBothFormsOfRolesAtOnceAndAnEmptySet) {
  for (const char* roles : {R"(,"role_slug":"member","role_slugs":["member"])",
                            R"(,"role_slugs":[])", R"(,"role_slugs":"member")"})
    EXPECT_EQ(post("user_ada", roles).code(), "invalid_request_parameters") << roles;
}

TEST_F(MembershipsApi, AnswerNotFoundForUnknownUsersAndOrganizations) {
  EXPECT_EQ(post("user_nobody", "").status, 404);
  EXPECT_EQ(call("POST", all_, R"({"organization_id":"org_no","user_id":"user_ada"})").status, 404);
  EXPECT_EQ(call("POST", all_, R"({"user_id":"user_ada"})").status, 422);
}

TEST_F(MembershipsApi, AreNotMadeTwice) {
  add_member("org_acme", "user_ada");
  new_events();
  const Answer again = post("user_ada", R"(,"role_slug":"org-lead")");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.code(), "organization_membership_already_exists");
  EXPECT_THAT(new_events(), IsEmpty());
}

TEST_F(MembershipsApi, ThatAreInactiveComeBackUnderTheirIdWithTheRolesGiven) {
  const std::string id = add_member("org_acme", "user_ada");
  call("PUT", all_ + "/" + id + "/deactivate");
  new_events();
  const Answer back = post("user_ada", R"(,"role_slug":"org-lead")");
  EXPECT_EQ(back.status, 201);
  EXPECT_EQ(back.text("/id"), id);
  EXPECT_EQ(back.text("/status"), "active");
  EXPECT_EQ(back.text("/role/slug"), "org-lead");
  EXPECT_THAT(new_events(), ElementsAre("organization_membership.updated"));
}

TEST_F(MembershipsApi, ThatArePendingAreNotFought) {
  create("/user_management/invitations",
         R"({"email":"ada@example.com","organization_id":"org_acme"})");
  const Answer refused = post("user_ada", "");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.code(), "cannot_reactivate_pending_organization_membership");
  const std::string id =
      call("GET", all_ + "?user_id=user_ada&statuses=pending").text("/data/0/id");
  EXPECT_EQ(call("PUT", all_ + "/" + id + "/reactivate").code(),
            "cannot_reactivate_pending_organization_membership");
  EXPECT_EQ(call("PUT", all_ + "/" + id + "/deactivate").code(),
            "cannot_deactivate_pending_organization_membership");
}

TEST_F(MembershipsApi, AreListedOnlyWithAUserOrAnOrganization) {
  EXPECT_EQ(call("GET", all_).code(), "missing_user_id_or_organization_id");
  EXPECT_EQ(call("GET", all_ + "?organization_id=org_no").status, 404);
  EXPECT_EQ(call("GET", all_ + "?user_id=user_ada&statuses=gone").code(),
            "invalid_request_parameters");
}

TEST_F(MembershipsApi, ListActiveOnesOnlyUnlessAskedForMore) {
  add_member("org_acme", "user_ada");
  const std::string bob = add_member("org_acme", "user_bob");
  call("PUT", all_ + "/" + bob + "/deactivate");
  const std::string acme = "organization_id=org_acme&order=asc";
  EXPECT_THAT(listed(acme), ElementsAre("user_ada"));
  EXPECT_THAT(listed(acme + "&statuses=inactive"), ElementsAre("user_bob"));
  EXPECT_THAT(listed(acme + "&statuses=active,inactive,pending"),
              ElementsAre("user_ada", "user_bob"));
  EXPECT_THAT(listed(acme + "&statuses[]=active&statuses[]=inactive"),
              ElementsAre("user_ada", "user_bob"));
  EXPECT_THAT(listed("user_id=user_bob&organization_id=org_acme&statuses=inactive"),
              ElementsAre("user_bob"));
  EXPECT_THAT(listed("user_id=user_eve"), IsEmpty());
}

TEST_F(MembershipsApi, AreUpdatedByAnAbsolutePut) {
  const std::string id = add_member("org_acme", "user_ada");
  new_events();
  pass(Millis{7});
  const Answer put = call("PUT", all_ + "/" + id, R"({"role_slugs":["org-lead"]})");
  EXPECT_EQ(put.status, 200);
  EXPECT_EQ(put.text("/role/slug"), "org-lead");
  EXPECT_EQ(put.text("/updated_at"), "2026-01-15T12:00:00.007Z");
  EXPECT_THAT(new_events(), ElementsAre("organization_membership.updated"));
  EXPECT_EQ(last_event().at_pointer("/context/previous_attributes/role/slug"), "member");
}

TEST_F(MembershipsApi, SayNothingWhenAPutChangesNothing) {
  const std::string id = add_member("org_acme", "user_ada");
  new_events();
  pass(Millis{7});
  EXPECT_EQ(call("PUT", all_ + "/" + id, R"({"role_slug":"member"})").text("/updated_at"),
            "2026-01-15T12:00:00.000Z");
  EXPECT_EQ(call("PUT", all_ + "/" + id, "{}").text("/role/slug"), "member");
  EXPECT_THAT(new_events(), IsEmpty());
}

TEST_F(MembershipsApi, RefuseABadPutAndKeepTheirRoles) {
  const std::string id = add_member("org_acme", "user_ada");
  EXPECT_EQ(call("PUT", all_ + "/" + id, R"({"role_slug":"nobody"})").code(), "invalid_role");
  EXPECT_EQ(call("PUT", all_ + "/" + id, R"({"role_slugs":["member","admin"]})").code(),
            "multiple_roles_not_enabled");
  EXPECT_EQ(call("PUT", all_ + "/om_no", R"({"role_slug":"member"})").status, 404);
  EXPECT_EQ(call("GET", all_ + "/" + id).text("/role/slug"), "member");
}

TEST_F(MembershipsApi, AreDeletedOnceAndLeaveNothing) {
  const std::string id = add_member("org_acme", "user_ada");
  new_events();
  const Answer gone = call("DELETE", all_ + "/" + id);
  EXPECT_EQ(gone.status, 200);
  EXPECT_TRUE(gone.body.is_null());
  EXPECT_THAT(new_events(), ElementsAre("organization_membership.deleted"));
  EXPECT_EQ(call("DELETE", all_ + "/" + id).status, 404);
  EXPECT_EQ(call("GET", all_ + "/" + id).status, 404);
}

TEST_F(MembershipsApi, OfSomebodyWhoRejoinsAreNewOnes) {
  const std::string first = add_member("org_acme", "user_ada");
  call("DELETE", all_ + "/" + first);
  EXPECT_GT(add_member("org_acme", "user_ada"), first);
  EXPECT_THAT(listed("user_id=user_ada"), ElementsAre("user_ada"));
}

TEST_F(MembershipsApi, AreDeactivatedAndReactivatedWithTheirRolesAndSaySoOnce) {
  const std::string id = add_member("org_acme", "user_ada", "org-lead");
  new_events();
  EXPECT_EQ(call("PUT", all_ + "/" + id + "/deactivate").text("/status"), "inactive");
  EXPECT_EQ(call("PUT", all_ + "/" + id + "/deactivate").status, 200);
  EXPECT_THAT(new_events(), ElementsAre("organization_membership.updated"));
  const Answer back = call("PUT", all_ + "/" + id + "/reactivate");
  EXPECT_EQ(back.text("/status"), "active");
  EXPECT_EQ(back.text("/role/slug"), "org-lead");
  EXPECT_EQ(call("PUT", all_ + "/" + id + "/reactivate").status, 200);
  EXPECT_THAT(new_events(), ElementsAre("organization_membership.updated"));
  EXPECT_EQ(call("PUT", all_ + "/om_no/deactivate").status, 404);
}

TEST_F(MembershipsApi, AreMadeDirectoryManagedByTheDashboardOnly) {
  const std::string id = add_member("org_acme", "user_ada");
  const std::string managed = R"({"directory_managed":true})";
  EXPECT_EQ(call("PUT", all_ + "/" + id, managed).at("/directory_managed"), false);
  EXPECT_EQ(edit("PUT", all_ + "/" + id, managed).at("/directory_managed"), true);
}

}  // namespace
}  // namespace rolecall::emulator
