#include "workflows/list_organization.hpp"

#include "tests/unit/workflows/stories.hpp"

namespace rolecall {
namespace {

using namespace stories;

std::string listed_role(const char* slug, const char* type) {
  return std::string(R"({"slug":")") + slug + R"(","name":"N","type":")" + type +
         R"(","permissions":["a:read"],"created_at":"2026-01-01T00:00:00Z",)"
         R"("updated_at":"2026-01-02T00:00:00Z"})";
}

std::string page_of(const std::string& data, const std::string& after) {
  return R"({"object":"list","data":[)" + data + R"(],"list_metadata":{"after":)" + after + "}}";
}

TEST(ListOrganization, ReadsTheRolesOnceAndThenEveryPageOfMemberships) {
  const auto machine = make_list_organization("org_1");
  EXPECT_EQ(machine->start().request.target, "/authorization/organizations/org_1/roles");
  const auto roles =
      machine->resume(answer(200, R"({"data":[)" + listed_role("admin", "EnvironmentRole") + "," +
                                      listed_role("org-x", "OrganizationRole") + "]}"));
  ASSERT_TRUE(roles);
  ASSERT_EQ(roles->things.size(), 2U) << "its text and its permissions";
  EXPECT_EQ(roles->things[0].family, "role");
  EXPECT_EQ(roles->things[1].family, "permissions");
  EXPECT_EQ(roles->things[1].name, "org-x");
  ASSERT_EQ(roles->environment_roles.size(), 1U);
  EXPECT_EQ(roles->environment_roles[0].slug, "admin");
  EXPECT_FALSE(roles->end);

  const Call first = machine->next();
  EXPECT_EQ(first.request.target,
            "/user_management/organization_memberships?organization_id=org_1&statuses=active,"
            "inactive,pending&limit=100&order=asc");
  EXPECT_EQ(first.rate_class, RateClass::um_read);
  const auto page =
      machine->resume(answer(200, page_of(membership("om_1", R"([{"slug":"a"}])"), R"("om_1")")));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->things.at(0).name, "user_1");
  EXPECT_EQ(page->things.at(0).shown.incarnation, "om_1");
  EXPECT_FALSE(page->end);
  EXPECT_TRUE(machine->next().request.target.ends_with("&after=om_1"));
  const auto last = machine->resume(answer(200, page_of("", "null")));
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->end);
}

TEST(ListOrganization, FailsRatherThanMissSomebody) {
  for (const auto& body :
       {std::string("{}"), page_of(R"({"id":"om_1"})", "null"), std::string("<html>")}) {
    const auto machine = make_list_organization("org_1");
    machine->next();
    EXPECT_FALSE(machine->resume(answer(200, body))) << body;
  }
}

std::string membership_of(const std::string& id) {
  std::string text = membership("om_1", R"([{"slug":"a"}])");
  return text.replace(text.find("om_1"), 4, id);
}

TEST(ListOrganization, BeginsAPageBeforeTheCursorThatIsGone) {
  for (const int status : {400, 404, 422}) {
    const auto machine = make_list_organization("org_1");
    machine->next();
    ASSERT_TRUE(machine->resume(answer(
        200,
        page_of(membership_of("om_a") + "," + membership_of("om_b") + "," + membership_of("om_c"),
                R"("om_c")"))));
    EXPECT_TRUE(machine->next().request.target.ends_with("&after=om_c"));
    const auto gone = machine->resume(answer(status, R"({"message":"no such object"})"));
    ASSERT_TRUE(gone);
    EXPECT_TRUE(gone->things.empty());
    EXPECT_FALSE(gone->end);
    EXPECT_TRUE(machine->next().request.target.ends_with("&after=om_b"));
    ASSERT_TRUE(machine->resume(answer(status, "{}")));
    EXPECT_TRUE(machine->next().request.target.ends_with("&after=om_a"));
    EXPECT_FALSE(machine->resume(answer(status, "{}"))) << "there is none before it";
  }
}

TEST(ListOrganization, AnErrorThatIsNoCursorsFailsThePage) {
  const auto machine = make_list_organization("org_1");
  machine->next();
  EXPECT_FALSE(machine->resume(answer(422, "{}"))) << "the first page has no cursor";
  ASSERT_TRUE(machine->resume(
      answer(200, page_of(membership_of("om_a") + "," + membership_of("om_b"), R"("om_b")"))));
  machine->next();
  EXPECT_FALSE(machine->resume(answer(403, "{}")));
}

TEST(ListOrganization, AListWithoutAnEndIsNoList) {
  const auto machine = make_list_organization("org_1");
  machine->next();
  const auto page = answer(200, page_of(membership("om_1", R"([{"slug":"a"}])"), R"("om_1")"));
  ASSERT_TRUE(machine->resume(page));
  machine->next();
  EXPECT_FALSE(machine->resume(page));
}

TEST(ListOrganization, SaysWhatWorkosSaid) {
  const auto machine = make_list_organization("org_1");
  const auto refused = machine->resume(answer(401, R"({"message":"no"})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FailureClass::unauthorised);
}

}  // namespace
}  // namespace rolecall
