#include <gtest/gtest.h>

#include "workflows/workos/responses.hpp"

namespace rolecall::workos {
namespace {

TEST(EnvironmentRoles, ReadsSlugsAndNamesAndLeavesOrganizationRolesOut) {
  const auto roles = environment_roles_in({.status = 200, .body = R"({"object":"list","data":[
         {"slug":"admin","name":"Admin","type":"EnvironmentRole","new_field":{}},
         {"slug":"org-x","name":"X","type":"OrganizationRole"},
         {"slug":"member"}]})"});
  ASSERT_TRUE(roles) << roles.error().detail;
  EXPECT_EQ(*roles, (std::vector<EnvironmentRole>{{.slug = "admin", .name = "Admin"},
                                                  {.slug = "member", .name = "member"}}));
}

TEST(EnvironmentRoles, ARefusedKeyIsUnauthorised) {
  const auto roles = environment_roles_in({.status = 401, .body = R"({"message":"Unauthorized"})"});
  ASSERT_FALSE(roles);
  EXPECT_EQ(roles.error().kind, FailureClass::unauthorised);
}

TEST(EnvironmentRoles, GarbageIsAFailureAndNoEmptyList) {
  for (const auto* body : {"", "<html>", "[]", "{}", R"({"data":{}})", R"({"data":[1]})",
                           R"({"data":[{"name":"no slug"}]})"}) {
    const auto roles = environment_roles_in({.status = 200, .body = body});
    ASSERT_FALSE(roles) << body;
    EXPECT_EQ(roles.error().code, "garbage_answer");
  }
}

}  // namespace
}  // namespace rolecall::workos
