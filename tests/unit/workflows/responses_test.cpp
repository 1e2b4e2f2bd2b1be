#include "workflows/workos/responses.hpp"

#include <random>

#include "tests/unit/workflows/stories.hpp"
#include "workflows/intent.hpp"
#include "workflows/workos/classify.hpp"

namespace rolecall::workos {
namespace {

using stories::answer;
using stories::membership;
using stories::role;

TEST(WorkosResponses, ReadARoleAndPassOverUnknownFields) {
  const auto read = role_in(answer(200, role("org-x", R"(,"new_field":{"deep":[1,2,{}]})")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->slug, "org-x");
  EXPECT_EQ(read->name, "Billing");
  EXPECT_FALSE(read->description);
  EXPECT_EQ(read->type, "OrganizationRole");
  EXPECT_EQ(read->permissions, (std::vector<std::string>{"a:read", "b:read"}));
  EXPECT_EQ(read->created_at, stories::kCreated);
}

TEST(WorkosResponses, PreferRolesToTheSingleRoleOfOlderAnswers) {
  const auto both = membership_in(
      answer(200, membership("om_1", R"([{"slug":"a"},{"slug":"b"}])", R"(,"role":{"slug":"a"})")));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->roles, (std::vector<std::string>{"a", "b"}));
  std::string older = membership("om_1", "[]", R"(,"role":{"slug":"a"})");
  older.replace(older.find(R"("roles":[],)"), 11, "");
  const auto single = membership_in(answer(200, older));
  ASSERT_TRUE(single) << older;
  EXPECT_EQ(single->roles, (std::vector<std::string>{"a"}));
}

TEST(WorkosResponses, ReadAPageAndItsCursor) {
  const std::string one = membership("om_1", R"([{"slug":"a"}])");
  const auto page = memberships_in(
      answer(200, R"({"object":"list","data":[)" + one + R"(],"list_metadata":{"after":"om_1"}})"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->memberships.size(), 1U);
  EXPECT_EQ(page->after, "om_1");
  for (const char* last : {R"({"data":[],"list_metadata":{"after":null}})", R"({"data":[]})",
                           R"({"data":[],"list_metadata":{"after":""}})"})
    EXPECT_FALSE(memberships_in(answer(200, last))->after) << last;
}

TEST(WorkosResponses, CallGarbageGarbageAndTheWriteInDoubt) {
  const std::string deep(5'000, '[');
  const std::string whole = membership("om_1", R"([{"slug":"a"}])");
  for (const std::string& body :
       {std::string(), std::string("<!doctype html><html>ok</html>"), std::string("null"),
        std::string("[]"), std::string("{}"), std::string("{\"id\":"), deep,
        whole.substr(0, whole.size() / 2), std::string("\xff\xfe\x00x", 4), whole + "x",
        membership("", R"([{"slug":"a"}])"), membership("om_1", "[]"),
        membership("om_1", R"([{"name":"a"}])"), membership("om_1", R"(["a"])")}) {
    const auto read = membership_in(answer(200, body));
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().kind, FailureClass::in_doubt);
    EXPECT_EQ(read.error().code, "garbage_answer");
    EXPECT_EQ(read.error().http_status, 200);
    EXPECT_EQ(read.error().request_id, RequestId("req_1"));
    EXPECT_LE(read.error().detail.size(), 400U);
  }
}

TEST(WorkosResponses, TellWhetherAnOrganizationIsThereOnlyWhereWorkosSaysSo) {
  const auto there = organization_found(answer(200, R"({"object":"organization","id":"org_1"})"));
  ASSERT_TRUE(there);
  EXPECT_TRUE(*there);
  const auto gone =
      organization_found(answer(404, R"({"message":"no","code":"entity_not_found"})"));
  ASSERT_TRUE(gone);
  EXPECT_FALSE(*gone);
  for (const auto& unclear :
       {answer(200, "<html></html>"), answer(200, "{}"), answer(404, "<html>not here</html>"),
        answer(401, "{}"), answer(403, "{}"), answer(429, "{}"), answer(500, "{}")})
    EXPECT_FALSE(organization_found(unclear)) << unclear.status;
}

TEST(WorkosResponses, ReadUsersAndTenantsAsWorkosNamesThem) {
  const auto tenant = tenant_found(answer(200, R"({"id":"org_1","external_id":"acme"})"));
  ASSERT_TRUE(tenant && *tenant);
  EXPECT_EQ((*tenant)->external_id, "acme");
  const auto page = users_in(answer(200, R"({"data":[{"id":"user_1","email":"A@x.example",
    "email_verified":true,"external_id":null},{"id":"user_2","email":"b@x.example",
    "external_id":"b"}],"list_metadata":{"after":"user_2"}})"));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->users.size(), 2U);
  EXPECT_EQ(page->users[0].email, "A@x.example");
  EXPECT_TRUE(page->users[0].email_verified);
  EXPECT_EQ(page->users[0].external_id, "");
  EXPECT_FALSE(page->users[1].email_verified) << "what is not said is not so";
  EXPECT_EQ(page->after, "user_2");
  const auto nobody = user_found(answer(404, R"({"message":"no","code":"entity_not_found"})"));
  ASSERT_TRUE(nobody);
  EXPECT_FALSE(*nobody);
  EXPECT_FALSE(users_in(answer(200, R"({"data":[{"id":"user_1"}]})")));
}

TEST(WorkosResponses, ReadOrganizationsAndTheirCursor) {
  const auto page = organizations_in(
      answer(200, R"({"data":[{"id":"org_1"},{"id":"org_2"}],"list_metadata":{"after":"org_2"}})"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->ids, (std::vector<std::string>{"org_1", "org_2"}));
  EXPECT_EQ(page->after, "org_2");
  EXPECT_FALSE(organizations_in(answer(200, R"({"data":[{}]})")));
  EXPECT_EQ(organizations_in(answer(403, "{}")).error().kind, FailureClass::forbidden);
}

TEST(WorkosResponses, ReadWebhookEndpoints) {
  const auto page = webhook_endpoints_in(
      answer(200, R"({"data":[{"status":"enabled","secret":"whsec_1","events":["user.created"]},)"
                  R"({"status":"disabled","events":[]}],"list_metadata":{"after":null}})"));
  ASSERT_TRUE(page);
  ASSERT_EQ(page->endpoints.size(), 2U);
  EXPECT_TRUE(page->endpoints[0].enabled);
  EXPECT_EQ(page->endpoints[0].secret.reveal(), "whsec_1");
  EXPECT_EQ(page->endpoints[0].events, (std::vector<std::string>{"user.created"}));
  EXPECT_FALSE(page->endpoints[1].enabled);
  EXPECT_TRUE(page->endpoints[1].secret.empty());
  EXPECT_FALSE(page->after);
}

TEST(WorkosResponses, SayWhenTheyWereWritten) {
  HttpResponse response;
  EXPECT_FALSE(answered_at(response));
  response.headers["date"] = "Tue, 20 Jan 2026 12:00:00 GMT";
  EXPECT_EQ(
      answered_at(response),
      WallTime{std::chrono::sys_days{std::chrono::January / 20 / 2026} + std::chrono::hours{12}});
}

TEST(WorkosResponses, CallATimeThatIsNoneGarbage) {
  std::string body = role("org-x");
  body.replace(body.find(stories::kUpdated), 4, "when");
  EXPECT_FALSE(role_in(answer(200, body)));
}

TEST(WorkosResponses, ReadAHugeBody) {
  std::string roles = "[";
  for (int i = 0; i < 20'000; ++i) roles += R"({"slug":"org-)" + std::to_string(i) + "\"},";
  roles.back() = ']';
  const auto read = membership_in(answer(200, membership("om_1", roles)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->roles.size(), 20'000U);
  const auto garbage = role_in(answer(200, std::string(3'000'000, 'x')));
  ASSERT_FALSE(garbage);
  EXPECT_LE(garbage.error().detail.size(), 400U);
}

// Bytes changed, cut out, doubled and put in, as a broken proxy might.
std::string mutated(std::string body, std::mt19937& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  for (std::size_t changes = 1 + below(4); changes > 0 && !body.empty(); --changes) {
    const std::size_t at = below(body.size());
    switch (below(4)) {
      case 0:
        body[at] = static_cast<char>(random());
        break;
      case 1:
        body.erase(at, 1 + below(20));
        break;
      case 2:
        body.insert(at, body.substr(below(body.size()), 1 + below(20)));
        break;
      default:
        body.insert(at, 1, "{}[]\",:\\0"[below(9)]);
    }
  }
  return body;
}

TEST(WorkosResponses, SurviveAnyMutationOfAnyBody) {
  const std::string member = membership("om_1", R"([{"slug":"a"},{"slug":"b"}])");
  const std::vector<std::string> bodies{
      role("org-x"), member, R"({"data":[)" + member + R"(],"list_metadata":{"after":"om_1"}})",
      R"({"message":"no","code":"invalid_role","errors":[{"code":"x","field":"y"}]})"};
  std::mt19937 random(7);
  int read = 0;
  for (int i = 0; i < 12'000; ++i) {
    const HttpResponse response =
        answer(i % 2 == 0 ? 200 : 422, mutated(bodies[static_cast<std::size_t>(i) % 4], random));
    read += role_in(response).has_value() + membership_in(response).has_value() +
            memberships_in(response).has_value();
    EXPECT_LE(failure_of(response).detail.size(), 400U);
    if (const auto shown = membership_in(response)) {
      EXPECT_FALSE(shown->roles.empty());
    }
    static_cast<void>(intent_of("member.push", response.body));
  }
  EXPECT_GT(read, 300) << "the mutations leave some bodies readable, or they test nothing";
}

}  // namespace
}  // namespace rolecall::workos
