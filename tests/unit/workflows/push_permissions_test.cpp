#include "tests/unit/workflows/stories.hpp"

namespace rolecall {
namespace {

using namespace stories;

const JsonText kDesired =
    R"({"organization":"org_1","slug":"org-x","permissions":["a:read","b:read"]})";

class PushPermissions : public testing::Test {
 protected:
  // Construct, say it, and be answered.
  DeliveryStep after(const CallAnswer& came) {
    machine_ = workflows_->deliver(lease_of("role.permissions", kDesired, Operation::put));
    call_ = call_of(machine_->start());
    return machine_->resume(came);
  }

  std::unique_ptr<Workflows> workflows_ = make_workflows();
  std::unique_ptr<DeliveryWorkflow> machine_{};
  Call call_{};
};

TEST_F(PushPermissions, ReplacesTheWholeSet) {
  const Settlement end = settled(after(answer(200, role("org-x"))));
  EXPECT_EQ(call_.request.method, "PUT");
  EXPECT_EQ(call_.request.body, R"({"permissions":["a:read","b:read"]})");
  EXPECT_EQ(end.outcome, Outcome::delivered);
  EXPECT_EQ(end.answer->value, kDesired);
  EXPECT_EQ(end.answer->incarnation, kCreated);
}

TEST_F(PushPermissions, SaysNothingOfARoleThatEnded) {
  Lease lease = lease_of("role.permissions", kDesired, Operation::put);
  lease.role_ended = true;
  const Settlement end = settled(workflows_->deliver(lease)->start());
  EXPECT_EQ(end.outcome, Outcome::delivered);
  EXPECT_EQ(end.fate, SendFate::unsent);
}

TEST_F(PushPermissions, WaitsWhileItsRoleIsNotThere) {
  Lease lease = lease_of("role.permissions", kDesired, Operation::put);
  lease.unready_slugs = {"org-x"};
  const Settlement end = settled(workflows_->deliver(lease)->start());
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.fate, SendFate::unsent);
  EXPECT_EQ(end.failure->kind, FailureClass::missing_dependency);
}

TEST_F(PushPermissions, TakesAnAnswerWithoutPermissionsForGarbage) {
  std::string body = role("org-x");
  body.replace(body.find("permissions"), 11, "permissiXns");
  const Settlement end = settled(after(answer(200, body)));
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.fate, SendFate::open);
  EXPECT_EQ(end.failure->code, "garbage_answer");
}

TEST_F(PushPermissions, LooksWhereTheRoleIsNotThere) {
  const Call look = call_of(after(answer(404, R"({"message":"not found"})")));
  EXPECT_FALSE(look.mutates);
  EXPECT_EQ(look.request.target, "/authorization/organizations/org_1/roles/org-x");
  const Settlement end = settled(machine_->resume(answer(404, R"({"message":"not found"})")));
  EXPECT_EQ(end.outcome, Outcome::look);
  EXPECT_EQ(end.fate, SendFate::unsent);
}

TEST_F(PushPermissions, WaitsForAPermissionThatIsNotThere) {
  call_of(after(answer(404, R"({"message":"not found"})")));
  const Settlement end = settled(machine_->resume(answer(200, role("org-x"))));
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.failure->kind, FailureClass::missing_dependency);
  EXPECT_EQ(end.failure->code, "unknown_permission");
  EXPECT_GE(end.delay, Millis{5'000});
  EXPECT_FALSE(end.counts);
}

TEST_F(PushPermissions, TriesAgainWhereThatLookFails) {
  call_of(after(answer(404, R"({"message":"not found"})")));
  const Settlement end = settled(machine_->resume(answer(503, "{}")));
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.fate, SendFate::unsent);
}

}  // namespace
}  // namespace rolecall
