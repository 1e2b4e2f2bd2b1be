#include "tests/unit/workflows/stories.hpp"

namespace rolecall {
namespace {

using namespace stories;

class Reads : public testing::Test {
 protected:
  ReadStep begin(const char* family, const char* document,
                 std::optional<std::string> incarnation = std::nullopt) {
    Verification asked;
    asked.family = family;
    asked.desired = document;
    asked.incarnation = std::move(incarnation);
    machine_ = workflows_->read(asked);
    return machine_->start();
  }

  ReadStep begin_role(const char* family = "role") {
    return begin(family, R"({"organization":"org_1","slug":"org-x"})");
  }
  ReadStep begin_member(std::optional<std::string> incarnation = std::nullopt) {
    return begin("member", R"({"organization":"org_1","user":"user_1","roles":["admin"]})",
                 std::move(incarnation));
  }
  Result<Observation> after(const CallAnswer& came) { return shown(machine_->resume(came)); }

  std::unique_ptr<Workflows> workflows_ = make_workflows();
  std::unique_ptr<ReadWorkflow> machine_{};
};

TEST_F(Reads, ShowARoleAndItsCreationAsItsIncarnation) {
  const Call call = call_of(begin_role());
  EXPECT_FALSE(call.mutates);
  EXPECT_EQ(call.request.target, "/authorization/organizations/org_1/roles/org-x");
  const auto seen = after(answer(200, role("org-x", R"(,"x":1)")));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->incarnation, kCreated);
  EXPECT_EQ(seen->value,
            R"({"organization":"org_1","slug":"org-x","name":"Billing","description":null})");
}

TEST_F(Reads, ShowPermissionsSorted) {
  call_of(begin_role("permissions"));
  const auto seen = after(answer(200, role("org-x")));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->value,
            R"({"organization":"org_1","slug":"org-x","permissions":["a:read","b:read"]})");
}

TEST_F(Reads, BelieveAnAbsenceOnlyInWorkossWords) {
  for (const char* family : {"role", "permissions"}) {
    call_of(begin_role(family));
    const Call list = call_of(machine_->resume(answer(404, R"({"message":"Role not found"})")));
    EXPECT_EQ(list.request.target, "/authorization/organizations/org_1/roles");
    EXPECT_EQ(after(answer(200, R"({"data":[{"slug":"admin"}]})")).value(), Observation{});
    call_of(begin_role(family));
    call_of(machine_->resume(answer(404, R"({"message":"Role not found"})")));
    EXPECT_EQ(after(answer(200, R"({"data":[{"slug":"org-x"}]})")).error().code, "role_listed");
    call_of(begin_role(family));
    call_of(machine_->resume(answer(404, R"({"message":"Role not found"})")));
    EXPECT_FALSE(after(answer(404, R"({"message":"Organization not found"})")));
    call_of(begin_role(family));
    EXPECT_FALSE(after(answer(404, "<html>")));
    call_of(begin_role(family));
    EXPECT_FALSE(after(answer(404)));
  }
}

TEST_F(Reads, RefuseAnEnvironmentRoleOfThatSlug) {
  call_of(begin_role());
  std::string body = role("org-x");
  body.replace(body.find("OrganizationRole"), 16, "EnvironmentRole");
  const auto seen = after(answer(200, body));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().kind, FailureClass::rejected);
  EXPECT_EQ(seen.error().code, "environment_role");
}

TEST_F(Reads, TellWhyNothingIsShown) {
  for (const auto& [came, kind] : std::vector<std::pair<CallAnswer, FailureClass>>{
           {no_answer(FailureClass::transient), FailureClass::transient},
           {answer(401, "{}"), FailureClass::unauthorised},
           {answer(403, "{}"), FailureClass::forbidden},
           {answer(429, "{}"), FailureClass::throttled},
           {answer(500, "{}"), FailureClass::in_doubt},
           {answer(200, "garbage"), FailureClass::in_doubt}}) {
    call_of(begin_role());
    EXPECT_EQ(after(came).error().kind, kind);
    call_of(begin_member("om_1"));
    EXPECT_EQ(after(came).error().kind, kind);
    call_of(begin_member());
    EXPECT_EQ(after(came).error().kind, kind);
  }
}

TEST_F(Reads, AskForAKnownMembershipByItsId) {
  EXPECT_EQ(call_of(begin_member("om_1")).request.target,
            "/user_management/organization_memberships/om_1");
  const auto seen = after(
      answer(200, membership("om_1", R"([{"slug":"b"},{"slug":"a"}])", R"(,"user":{"id":"x"})")));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->incarnation, "om_1");
  EXPECT_EQ(seen->value, R"({"organization":"org_1","user":"user_1","roles":["a","b"]})");
}

TEST_F(Reads, SearchForAMembershipThatIsGoneBeforeTheyCallItAbsent) {
  call_of(begin_member("om_1"));
  const Call search = call_of(machine_->resume(answer(404, R"({"message":"m"})")));
  EXPECT_NE(search.request.target.find("user_id=user_1"), std::string::npos);
  EXPECT_NE(search.request.target.find("statuses=active,inactive,pending"), std::string::npos);
  EXPECT_EQ(after(answer(200, R"({"data":[]})")).value(), Observation{});
}

TEST_F(Reads, FindSomebodyWhoRejoinedUnderANewId) {
  call_of(begin_member("om_1"));
  call_of(machine_->resume(answer(404, R"({"message":"m"})")));
  std::string newer = membership("om_2", R"([{"slug":"b"}])");
  newer.replace(newer.find(kCreated), 4, "2027");
  const std::string older = membership("om_0", R"([{"slug":"a"}])");
  std::string other = membership("om_9", R"([{"slug":"c"}])");
  other.replace(other.find("user_1"), 6, "user_9");
  const auto seen = after(answer(200, R"({"data":[)" + newer + "," + older + "," + other + "]}"));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->incarnation, "om_2");
}

TEST_F(Reads, ShowAStatusThatIsNotActive) {
  call_of(begin_member());
  std::string body = membership("om_1", R"([{"slug":"a"}])");
  body.replace(body.find(R"("active")"), 8, R"("pending")");
  EXPECT_EQ(after(answer(200, R"({"data":[)" + body + "]}"))->status, "pending");
}

TEST_F(Reads, DoubtAnAnswerAboutSomebodyElse) {
  call_of(begin_member("om_1"));
  std::string body = membership("om_1", R"([{"slug":"a"}])");
  body.replace(body.find("org_1"), 5, "org_2");
  EXPECT_EQ(after(answer(200, body)).error().code, "garbage_answer");
  call_of(begin_role());
  EXPECT_EQ(after(answer(200, role("org-other"))).error().code, "garbage_answer");
}

TEST_F(Reads, ReadNothingWhereNoObjectIsNamed) {
  EXPECT_EQ(shown(begin("group", "{}")).error().code, "unknown_family");
  EXPECT_EQ(shown(begin("member", "{}")).error().code, "invalid_intent");
  EXPECT_EQ(shown(begin("role", "no json")).error().code, "invalid_intent");
}

}  // namespace
}  // namespace rolecall
