#include "tests/unit/workflows/stories.hpp"

namespace rolecall {
namespace {

using namespace stories;

const JsonText kDesired = R"({"organization":"org_1","slug":"org-x"})";

std::string holder(int user, const char* roles) {
  std::string body = membership("om_" + std::to_string(user), roles);
  return body.replace(body.find("user_1"), 6, "user_" + std::to_string(user));
}

std::string page(const std::string& data, const std::string& after) {
  return R"({"data":[)" + data + R"(],"list_metadata":{"after":)" + after + "}}";
}

class RemoveRole : public testing::Test {
 protected:
  static Lease lease(std::optional<std::string> incarnation) {
    Lease lease = lease_of("role.remove", kDesired, Operation::remove);
    lease.looked = incarnation.has_value();
    lease.incarnation = std::move(incarnation);
    return lease;
  }

  DeliveryStep after(const CallAnswer& came) {
    machine_ = workflows_->deliver(lease(kCreated));
    EXPECT_EQ(call_of(machine_->start()).request.method, "DELETE");
    return machine_->resume(came);
  }

  DeliveryStep in_use() {
    return after(answer(409, R"({"message":"m","code":"role_has_assignments"})"));
  }

  WorkflowOptions options_{.holder_pages = 3, .holders_at_once = 2};
  std::unique_ptr<Workflows> workflows_ = make_workflows(options_);
  std::unique_ptr<DeliveryWorkflow> machine_{};
};

TEST_F(RemoveRole, IsDoneWhenTheRoleIsGone) {
  for (const HttpResponse& came : {answer(204), answer(404, R"({"message":"Role not found"})")}) {
    const Settlement end = settled(after(came));
    EXPECT_EQ(end.outcome, Outcome::delivered);
    EXPECT_EQ(end.fate, SendFate::answered) << "the reducer must learn that it is absent";
    ASSERT_TRUE(end.answer);
    EXPECT_FALSE(end.answer->incarnation);
    EXPECT_EQ(end.answer->status, came.status == 404 ? "gone_before" : "");
    EXPECT_EQ(end.request_id, RequestId("req_1"));
  }
}

TEST_F(RemoveRole, IsNotDoneByAGatewaysPage) {
  const Settlement end = settled(after(answer(404, "<html>no such host</html>")));
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.fate, SendFate::open);
}

TEST_F(RemoveRole, HasNothingToSayOfARoleThatWasSeenAbsent) {
  Lease known_absent = lease(std::nullopt);
  known_absent.looked = true;
  const Settlement end = settled(workflows_->deliver(known_absent)->start());
  EXPECT_EQ(end.outcome, Outcome::delivered);
  EXPECT_EQ(end.fate, SendFate::unsent);
}

TEST_F(RemoveRole, LooksAtOnceForARoleThatWasNeverLookedFor) {
  const Settlement end = settled(workflows_->deliver(lease(std::nullopt))->start());
  EXPECT_EQ(end.outcome, Outcome::look);
  EXPECT_LE(end.delay, Millis{1});
  EXPECT_EQ(end.fate, SendFate::unsent);
}

TEST_F(RemoveRole, NamesTheHoldersWhereTheRoleIsInUse) {
  const Call list = call_of(in_use());
  EXPECT_FALSE(list.mutates);
  EXPECT_NE(list.request.target.find("statuses=active,inactive,pending"), std::string::npos);
  const std::string data =
      holder(1, R"([{"slug":"org-x"}])") + "," + holder(2, R"([{"slug":"member"}])");
  const Settlement end = settled(machine_->resume(answer(200, page(data, "null"))));
  EXPECT_EQ(end.outcome, Outcome::look);
  EXPECT_EQ(end.fate, SendFate::unsent);
  EXPECT_EQ(end.failure->code, "role_has_assignments");
  EXPECT_EQ(end.look_at, (std::vector<LookAt>{{"member", "org_1", "user_1"}}));
}

TEST_F(RemoveRole, FollowsPagesUntilEnoughHoldersAreFound) {
  call_of(in_use());
  const std::string first = page(holder(1, R"([{"slug":"org-x"}])"), R"("om_1")");
  const Call next = call_of(machine_->resume(answer(200, first)));
  EXPECT_NE(next.request.target.find("after=om_1"), std::string::npos);
  const std::string second = page(holder(2, R"([{"slug":"org-x"}])"), R"("om_2")");
  EXPECT_EQ(settled(machine_->resume(answer(200, second))).look_at.size(), 2U);
}

TEST_F(RemoveRole, EndsAListThatHasNoEnd) {
  call_of(in_use());
  call_of(machine_->resume(answer(200, page("", R"("om_1")"))));
  EXPECT_EQ(settled(machine_->resume(answer(200, page("", R"("om_1")")))).outcome, Outcome::look)
      << "the cursor stands still";
  call_of(in_use());
  call_of(machine_->resume(answer(200, page("", R"("om_1")"))));
  call_of(machine_->resume(answer(200, page("", R"("om_2")"))));
  EXPECT_EQ(settled(machine_->resume(answer(200, page("", R"("om_3")")))).outcome, Outcome::look)
      << "no more pages than the limit";
}

TEST_F(RemoveRole, LooksAgainWhereNobodyHoldsItAnyMore) {
  call_of(in_use());
  const Settlement end = settled(machine_->resume(answer(200, page("", "null"))));
  EXPECT_EQ(end.outcome, Outcome::look);
  EXPECT_TRUE(end.look_at.empty());
}

TEST_F(RemoveRole, LeavesNoSendOpenWhereTheListFails) {
  for (const CallAnswer& came :
       {CallAnswer(no_answer(FailureClass::in_doubt)), CallAnswer(answer(500, "{}")),
        CallAnswer(answer(200, "<html>")), CallAnswer(answer(429, "{}"))}) {
    call_of(in_use());
    const Settlement end = settled(machine_->resume(came));
    EXPECT_EQ(end.outcome, Outcome::retry);
    EXPECT_EQ(end.fate, SendFate::unsent) << "the delete was refused; only a read failed";
    EXPECT_FALSE(end.counts);
  }
}

TEST_F(RemoveRole, NamesTheHoldersFoundBeforeTheListFailed) {
  for (const CallAnswer& came :
       {CallAnswer(no_answer(FailureClass::transient)), CallAnswer(answer(429, "{}")),
        CallAnswer(answer(200, "<html>"))}) {
    call_of(in_use());
    call_of(machine_->resume(answer(200, page(holder(1, R"([{"slug":"org-x"}])"), R"("om_1")"))));
    const Settlement end = settled(machine_->resume(came));
    EXPECT_EQ(end.outcome, Outcome::retry);
    EXPECT_EQ(end.look_at.size(), 1U);
  }
}

TEST_F(RemoveRole, NamesTheHoldersFoundWhereNoFurtherPageMayBeRead) {
  call_of(in_use());
  call_of(machine_->resume(answer(200, page(holder(1, R"([{"slug":"org-x"}])"), R"("om_1")"))));
  const auto end = machine_->interrupted();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->outcome, Outcome::look);
  EXPECT_EQ(end->fate, SendFate::unsent) << "the delete was refused for certain";
  EXPECT_EQ(end->look_at.size(), 1U);
  EXPECT_EQ(end->failure->code, "role_has_assignments");
}

TEST_F(RemoveRole, KnowsNothingForCertainBeforeTheDeleteIsAnswered) {
  machine_ = workflows_->deliver(lease(kCreated));
  call_of(machine_->start());
  EXPECT_FALSE(machine_->interrupted());
}

TEST_F(RemoveRole, ReadsALongListFromEitherEnd) {
  std::vector<std::string> orders;
  for (const std::int64_t send : {700, 701}) {
    Lease held = lease(kCreated);
    held.send = SendId(send);
    machine_ = workflows_->deliver(held);
    call_of(machine_->start());
    const Call list =
        call_of(machine_->resume(answer(409, R"({"message":"m","code":"role_has_assignments"})")));
    orders.push_back(list.request.target.substr(list.request.target.find("order=")));
  }
  EXPECT_THAT(orders, testing::ElementsAre("order=asc", "order=desc"));
}

TEST_F(RemoveRole, IsHeldWhereDirectoryGroupsAreMappedToTheRole) {
  const Settlement end =
      settled(after(answer(409, R"({"message":"m","code":"role_has_group_role_mappings"})")));
  EXPECT_EQ(end.outcome, Outcome::held);
  EXPECT_EQ(end.fate, SendFate::unsent);
  EXPECT_NE(end.failure->detail.find("remove the mappings"), std::string::npos);
}

TEST_F(RemoveRole, RepeatsADeleteInDoubt) {
  const Settlement end = settled(after(no_answer(FailureClass::in_doubt)));
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.fate, SendFate::open);
}

TEST(Removal, IsInDoubtWhereAPageOfTextAnswersTheDelete) {
  const auto workflows = make_workflows();
  for (const std::string kind : {"role.remove", "member.remove"}) {
    const bool role = kind == "role.remove";
    Lease lease = lease_of(kind,
                           role ? R"({"organization":"org_1","slug":"org-x"})"
                                : R"({"organization":"org_1","user":"user_1"})",
                           Operation::remove);
    lease.incarnation = role ? "2026-01-01T00:00:00.000Z" : "om_1";
    const auto machine = workflows->deliver(lease);
    call_of(machine->start());
    const Settlement end = settled(machine->resume(answer(200, "<html>a proxy</html>")));
    EXPECT_EQ(end.outcome, Outcome::retry) << kind;
    EXPECT_EQ(end.fate, SendFate::open) << kind;
    EXPECT_EQ(end.failure->code, "garbage_answer") << kind;
  }
}

}  // namespace
}  // namespace rolecall
