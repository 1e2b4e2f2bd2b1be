#include "tests/unit/workflows/stories.hpp"

namespace rolecall {
namespace {

using namespace stories;

const JsonText kDesired = R"({"organization":"org_1","user":"user_1","roles":["admin","org-x"]})";
const std::string kBoth = R"([{"slug":"org-x"},{"slug":"admin"}])";

class PushMember : public testing::Test {
 protected:
  static Lease create() { return lease_of("member.push", kDesired, Operation::create); }
  static Lease put() {
    Lease lease = lease_of("member.push", kDesired, Operation::put);
    lease.incarnation = "om_1";
    lease.looked = true;
    return lease;
  }

  Settlement end_after(const Lease& lease, const CallAnswer& came) {
    const auto machine = workflows_->deliver(lease);
    call_ = call_of(machine->start());
    return settled(machine->resume(came));
  }

  std::unique_ptr<Workflows> workflows_ = make_workflows();
  Call call_{};
};

TEST_F(PushMember, CreatesAMembershipWithAllItsRoles) {
  const Settlement end = end_after(create(), answer(201, membership("om_1", kBoth)));
  EXPECT_EQ(call_.request.method, "POST");
  EXPECT_TRUE(call_.request.headers.contains("idempotency-key"));
  EXPECT_EQ(call_.request.body,
            R"({"user_id":"user_1","organization_id":"org_1","role_slugs":["admin","org-x"]})");
  EXPECT_EQ(end.outcome, Outcome::delivered);
  EXPECT_EQ(end.answer->incarnation, "om_1");
  EXPECT_EQ(end.answer->status, "active");
  EXPECT_EQ(end.answer->value, kDesired);
}

TEST_F(PushMember, ReplacesTheRolesOfAMembershipByItsId) {
  const Settlement end = end_after(put(), answer(200, membership("om_1", kBoth)));
  EXPECT_EQ(call_.request.method, "PUT");
  EXPECT_EQ(call_.request.target, "/user_management/organization_memberships/om_1");
  EXPECT_EQ(call_.request.body, R"({"role_slugs":["admin","org-x"]})");
  EXPECT_EQ(end.outcome, Outcome::delivered);
}

TEST_F(PushMember, SaysARevocationWithoutTheRolesThatAreNotThereYet) {
  Lease lease = put();
  lease.unready_slugs = {"org-x", "org-unrelated"};
  const Settlement end = end_after(lease, answer(200, membership("om_1", R"([{"slug":"admin"}])")));
  EXPECT_EQ(call_.request.body, R"({"role_slugs":["admin"]})");
  EXPECT_EQ(end.outcome, Outcome::partial);
  EXPECT_EQ(end.fate, SendFate::answered);
  EXPECT_EQ(end.answer->value, R"({"organization":"org_1","user":"user_1","roles":["admin"]})");
}

TEST_F(PushMember, SaysTheDefaultRoleWhereNothingElseIsLeft) {
  Lease lease = create();
  lease.unready_slugs = {"org-x", "admin"};
  const Settlement end =
      end_after(lease, answer(201, membership("om_1", R"([{"slug":"member"}])")));
  EXPECT_NE(call_.request.body.find(R"("role_slugs":["member"])"), std::string::npos);
  EXPECT_EQ(end.outcome, Outcome::partial);
}

TEST_F(PushMember, LooksWhereAMembershipIsThereAlreadyWhateverWorkosCallsIt) {
  for (const HttpResponse& came :
       {answer(409, R"({"message":"m","code":"organization_membership_already_exists"})"),
        answer(400, R"({"message":"m","code":"entity_already_exists"})"),
        answer(422, R"({"message":"m","code":"organization_membership_already_exists"})"),
        answer(409, R"({"message":"m"})"), answer(404, R"({"message":"m"})")}) {
    const Settlement end = end_after(create(), came);
    EXPECT_EQ(end.outcome, Outcome::look) << came.status;
    EXPECT_EQ(end.fate, SendFate::unsent);
    EXPECT_EQ(end.delay, Millis{30'000});
  }
}

TEST_F(PushMember, LooksWhereTheMembershipIsGone) {
  const Settlement end = end_after(put(), answer(404, R"({"message":"m"})"));
  EXPECT_EQ(end.outcome, Outcome::look);
}

TEST_F(PushMember, LooksWhereItIsToPutWithoutKnowingTheId) {
  Lease lease = put();
  lease.incarnation.reset();
  EXPECT_EQ(settled(workflows_->deliver(lease)->start()).outcome, Outcome::look);
}

TEST_F(PushMember, ReportsAPendingInvitationInsteadOfFightingIt) {
  const Settlement end = end_after(
      create(),
      answer(400, R"({"message":"m","code":"cannot_reactivate_pending_organization_membership"})"));
  EXPECT_EQ(end.outcome, Outcome::held);
  EXPECT_EQ(end.fate, SendFate::unsent);
  EXPECT_NE(end.failure->detail.find("accept or revoke the invitation"), std::string::npos);
}

TEST_F(PushMember, WaitsForARoleThatIsNotThereAndDoesNotCountIt) {
  const Settlement end = end_after(put(), answer(422, R"({"message":"m","code":"invalid_role"})"));
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.failure->kind, FailureClass::missing_dependency);
  EXPECT_EQ(end.delay, Millis{5'000});
  EXPECT_EQ(end.fate, SendFate::unsent);
  EXPECT_FALSE(end.counts);
}

TEST_F(PushMember, ExplainsTheSwitchThatForbidsSeveralRoles) {
  const Settlement end =
      end_after(put(), answer(422, R"({"message":"m","code":"multiple_roles_not_enabled"})"));
  EXPECT_EQ(end.outcome, Outcome::held);
  EXPECT_NE(end.failure->detail.find("multiple roles"), std::string::npos);
  EXPECT_EQ(end.failure->code, "multiple_roles_not_enabled");
}

TEST_F(PushMember, DoubtsAnAnswerAboutSomebodyElse) {
  std::string body = membership("om_1", kBoth);
  body.replace(body.find("user_1"), 6, "user_2");
  const Settlement end = end_after(create(), answer(201, body));
  EXPECT_EQ(end.outcome, Outcome::look);
  EXPECT_EQ(end.fate, SendFate::open);
  EXPECT_EQ(end.failure->code, "garbage_answer");
}

TEST_F(PushMember, LooksAfterACreateInDoubtAndRepeatsAPutInDoubt) {
  const CallAnswer doubt = no_answer(FailureClass::in_doubt);
  EXPECT_EQ(end_after(create(), doubt).outcome, Outcome::look);
  EXPECT_EQ(end_after(create(), doubt).fate, SendFate::open);
  EXPECT_EQ(end_after(put(), doubt).outcome, Outcome::retry);
  EXPECT_EQ(end_after(put(), doubt).fate, SendFate::open);
  EXPECT_EQ(end_after(create(), answer(503, "{}")).outcome, Outcome::look);
}

class RemoveMember : public testing::Test {
 protected:
  static Lease lease(std::optional<std::string> incarnation, bool looked) {
    Lease lease =
        lease_of("member.remove", R"({"organization":"org_1","user":"user_1"})", Operation::remove);
    lease.incarnation = std::move(incarnation);
    lease.looked = looked;
    return lease;
  }
  Settlement end_after(const CallAnswer& came) {
    const auto machine = workflows_->deliver(lease("om_1", true));
    EXPECT_EQ(call_of(machine->start()).request.target,
              "/user_management/organization_memberships/om_1");
    return settled(machine->resume(came));
  }
  std::unique_ptr<Workflows> workflows_ = make_workflows();
};

TEST_F(RemoveMember, IsDoneWhenThatMembershipIsGone) {
  for (const HttpResponse& came : {answer(200), answer(204), answer(404, R"({"message":"m"})")}) {
    const Settlement end = end_after(came);
    EXPECT_EQ(end.outcome, Outcome::delivered);
    EXPECT_EQ(end.fate, SendFate::answered);
    ASSERT_TRUE(end.answer);
    EXPECT_FALSE(end.answer->value);
    // Who ended it matters to what is removed by it.
    EXPECT_EQ(end.answer->status, came.status == 404 ? "gone_before" : "");
  }
}

TEST_F(RemoveMember, RemovesNothingItDoesNotKnow) {
  const Settlement absent = settled(workflows_->deliver(lease(std::nullopt, true))->start());
  EXPECT_EQ(absent.outcome, Outcome::delivered);
  EXPECT_EQ(absent.fate, SendFate::unsent);
  const Settlement unknown = settled(workflows_->deliver(lease(std::nullopt, false))->start());
  EXPECT_EQ(unknown.outcome, Outcome::look);
  EXPECT_EQ(unknown.fate, SendFate::unsent);
}

TEST_F(RemoveMember, RepeatsADeleteInDoubt) {
  EXPECT_EQ(end_after(no_answer(FailureClass::in_doubt)).fate, SendFate::open);
  EXPECT_EQ(end_after(answer(502, "<html>")).outcome, Outcome::retry);
}

}  // namespace
}  // namespace rolecall
