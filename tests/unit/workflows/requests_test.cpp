#include "workflows/workos/requests.hpp"

#include <gtest/gtest.h>

namespace rolecall::workos {
namespace {

TEST(WorkosRequests, EscapeEverythingThatIsNoName) {
  EXPECT_EQ(percent_encoded("org_01-A.b~"), "org_01-A.b~");
  EXPECT_EQ(percent_encoded("a/b?c#d e%:*"), "a%2Fb%3Fc%23d%20e%25%3A%2A");
  EXPECT_EQ(percent_encoded("\xc3\xa9"), "%C3%A9");
  EXPECT_EQ(get_role({"org/1", "org-x"}).target,
            "/authorization/organizations/org%2F1/roles/org-x");
}

TEST(WorkosRequests, CreateARoleWithItsSlug) {
  const auto request = create_role({"org_1", "org-x"}, {"X \"Y\"", std::nullopt}, "key");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/authorization/organizations/org_1/roles");
  EXPECT_EQ(request.body, R"({"name":"X \"Y\"","description":null,"slug":"org-x"})");
  EXPECT_EQ(request.headers.at("idempotency-key"), "key");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
}

TEST(WorkosRequests, UpdateARoleWithoutItsSlugWhichNeverChanges) {
  const auto request = update_role({"org_1", "org-x"}, {"X", "what it is"});
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.target, "/authorization/organizations/org_1/roles/org-x");
  EXPECT_EQ(request.body, R"({"name":"X","description":"what it is"})");
  EXPECT_FALSE(request.headers.contains("idempotency-key"));
}

TEST(WorkosRequests, ReplaceAllPermissionsAlsoByNone) {
  const auto request = put_permissions({"org_1", "org-x"}, {});
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/authorization/organizations/org_1/roles/org-x/permissions");
  EXPECT_EQ(request.body, R"({"permissions":[]})");
  EXPECT_EQ(put_permissions({"o", "s"}, {"a:read", "b"}).body, R"({"permissions":["a:read","b"]})");
}

TEST(WorkosRequests, SayAllRolesOfAMember) {
  const auto create = create_membership({"org_1", "user_1"}, {"admin", "org-x"}, "key");
  EXPECT_EQ(create.target, "/user_management/organization_memberships");
  EXPECT_EQ(create.body,
            R"({"user_id":"user_1","organization_id":"org_1","role_slugs":["admin","org-x"]})");
  const auto update = update_membership("om_1", {"admin"});
  EXPECT_EQ(update.method, "PUT");
  EXPECT_EQ(update.target, "/user_management/organization_memberships/om_1");
  EXPECT_EQ(update.body, R"({"role_slugs":["admin"]})");
  EXPECT_EQ(delete_membership("om_1").method, "DELETE");
  EXPECT_TRUE(delete_membership("om_1").body.empty());
}

TEST(WorkosRequests, ListMembershipsOfEveryStatus) {
  EXPECT_EQ(find_membership({"org_1", "user_1"}).target,
            "/user_management/organization_memberships?user_id=user_1&organization_id=org_1"
            "&statuses=active,inactive,pending&limit=100&order=asc");
  EXPECT_EQ(list_memberships("org_1", Order::ascending, "om_9").target,
            "/user_management/organization_memberships?organization_id=org_1"
            "&statuses=active,inactive,pending&limit=100&order=asc&after=om_9");
  EXPECT_EQ(list_memberships("org_1", Order::descending, std::nullopt).target,
            "/user_management/organization_memberships?organization_id=org_1"
            "&statuses=active,inactive,pending&limit=100&order=desc");
}

TEST(WorkosRequests, RepeatTheirIdempotencyKeyForOneVersionAndChangeItWithTheNext) {
  const Subject subject("member:acme:user\n1");
  EXPECT_EQ(idempotency_key(subject, Version(3)), idempotency_key(subject, Version(3)));
  EXPECT_NE(idempotency_key(subject, Version(3)), idempotency_key(subject, Version(4)));
  EXPECT_EQ(idempotency_key(subject, Version(3)), "rolecall-member%3Aacme%3Auser%0A1-3");
}

TEST(WorkosRequests, LookForOrganizationsAndWebhookEndpointsByPages) {
  EXPECT_EQ(get_organization("org/1").target, "/organizations/org%2F1");
  EXPECT_EQ(get_organization_by_external_id("a/b").target, "/organizations/external_id/a%2Fb");
  EXPECT_EQ(get_user_by_external_id("a b").target, "/user_management/users/external_id/a%20b");
  EXPECT_EQ(find_users("a+b@x.example").target,
            "/user_management/users?limit=100&email=a%2Bb%40x.example");
  EXPECT_EQ(list_users("org_1", "user_9").target,
            "/user_management/users?limit=100&order=asc&after=user_9&organization_id=org_1");
  EXPECT_EQ(list_organizations(std::nullopt).target, "/organizations?limit=100&order=asc");
  EXPECT_EQ(list_organizations("org_1").target, "/organizations?limit=100&order=asc&after=org_1");
  EXPECT_EQ(list_webhook_endpoints("we_1").target,
            "/webhook_endpoints?limit=100&order=asc&after=we_1");
}

TEST(WorkosRequests, CarryNoAuthorization) {
  for (const auto& request : {list_environment_roles(), delete_role({"o", "s"}),
                              create_role({"o", "s"}, {"n", {}}, "k"), get_membership("om_1")})
    EXPECT_FALSE(request.headers.contains("authorization"));
}

}  // namespace
}  // namespace rolecall::workos
