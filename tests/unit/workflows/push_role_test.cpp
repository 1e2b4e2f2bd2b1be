#include "tests/unit/workflows/stories.hpp"

namespace rolecall {
namespace {

using namespace stories;

const JsonText kDesired =
    R"({"organization":"org_1","slug":"org-x","name":"Billing","description":null})";

class PushRole : public testing::Test {
 protected:
  std::unique_ptr<DeliveryWorkflow> deliver(const Lease& lease) {
    return workflows_->deliver(lease);
  }
  Lease create() { return lease_of("role.push", kDesired, Operation::create); }
  Lease put() { return lease_of("role.push", kDesired, Operation::put); }

  std::unique_ptr<Workflows> workflows_ = make_workflows();
};

TEST_F(PushRole, CreatesARoleWithItsSlugAndReportsWhatWasMade) {
  const auto machine = deliver(create());
  const Call call = call_of(machine->start());
  EXPECT_TRUE(call.mutates);
  EXPECT_EQ(call.request.method, "POST");
  EXPECT_NE(call.request.body.find(R"("slug":"org-x")"), std::string::npos);
  EXPECT_TRUE(call.request.headers.contains("idempotency-key"));
  const Settlement end = settled(machine->resume(answer(201, role("org-x"))));
  EXPECT_EQ(end.outcome, Outcome::delivered);
  EXPECT_EQ(end.fate, SendFate::answered);
  EXPECT_EQ(end.token, LeaseToken(70));
  EXPECT_EQ(end.send, SendId(700));
  EXPECT_EQ(end.request_id, RequestId("req_1"));
  ASSERT_TRUE(end.answer);
  EXPECT_EQ(end.answer->incarnation, kCreated);
  EXPECT_EQ(end.answer->updated_at, kUpdated);
  EXPECT_EQ(end.answer->value, kDesired);
  EXPECT_FALSE(end.failure);
}

TEST_F(PushRole, SaysNameAndDescriptionOfARoleThatIsThere) {
  const auto machine = deliver(put());
  const Call call = call_of(machine->start());
  EXPECT_EQ(call.request.method, "PATCH");
  EXPECT_EQ(call.request.body, R"({"name":"Billing","description":null})");
  EXPECT_EQ(settled(machine->resume(answer(200, role("org-x")))).outcome, Outcome::delivered);
}

TEST_F(PushRole, RepeatsItsIdempotencyKeyForTheSameVersion) {
  const auto first = call_of(deliver(create())->start()).request;
  EXPECT_EQ(call_of(deliver(create())->start()).request, first);
}

TEST_F(PushRole, DerivesNoActionFromATakenSlugOrAMissingRole) {
  for (const int status : {404, 409}) {
    for (const Lease& lease : {create(), put()}) {
      const auto machine = deliver(lease);
      call_of(machine->start());
      const Settlement end = settled(machine->resume(
          answer(status, R"({"message":"m","code":"organization_role_slug_conflict"})")));
      EXPECT_EQ(end.outcome, Outcome::look);
      EXPECT_EQ(end.fate, SendFate::unsent);
      EXPECT_EQ(end.delay, Millis{30'000});
      EXPECT_EQ(end.failure->kind, FailureClass::look_first);
      EXPECT_FALSE(end.counts);
    }
  }
}

TEST_F(PushRole, WaitsWithoutACallWhileTheSlugIsInQuarantine) {
  Lease lease = create();
  lease.quarantine_left = Millis{4'200};
  const Settlement end = settled(deliver(lease)->start());
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.fate, SendFate::unsent);
  EXPECT_EQ(end.delay, Millis{4'200});
  EXPECT_EQ(end.failure->code, "quarantined");
  EXPECT_FALSE(end.counts);
  lease.quarantine_left = Millis{900'000};
  EXPECT_EQ(settled(deliver(lease)->start()).delay, Millis{30'000})
      << "the request may be answered or seen long before";
  lease.operation = Operation::put;
  EXPECT_TRUE(call_of(deliver(lease)->start()).mutates) << "only a creation is kept back";
}

TEST_F(PushRole, LooksBeforeItRepeatsACreateThatIsInDoubt) {
  const auto machine = deliver(create());
  call_of(machine->start());
  const Settlement end = settled(machine->resume(no_answer(FailureClass::in_doubt)));
  EXPECT_EQ(end.outcome, Outcome::look);
  EXPECT_EQ(end.fate, SendFate::open);
  EXPECT_EQ(end.delay, Millis{30'000});
  EXPECT_FALSE(end.counts);
}

TEST_F(PushRole, CreatesOnceTheLooksAreOver) {
  Lease lease = create();
  lease.create_in_doubt = true;
  lease.looked = true;
  EXPECT_EQ(call_of(deliver(lease)->start()).request.method, "POST");
}

TEST_F(PushRole, RepeatsAnUpdateThatIsInDoubtWithoutLooking) {
  for (const CallAnswer& came :
       {CallAnswer(no_answer(FailureClass::in_doubt)), CallAnswer(answer(500, "{}")),
        CallAnswer(answer(408, "{}")), CallAnswer(answer(200, "<html>")),
        CallAnswer(answer(200, role("org-other")))}) {
    const auto machine = deliver(put());
    call_of(machine->start());
    const Settlement end = settled(machine->resume(came));
    EXPECT_EQ(end.outcome, Outcome::retry);
    EXPECT_EQ(end.fate, SendFate::open);
    EXPECT_EQ(end.failure->kind, FailureClass::in_doubt);
    EXPECT_FALSE(end.counts);
  }
}

TEST_F(PushRole, KeepsNoSendOpenThatNeverLeft) {
  const auto machine = deliver(create());
  call_of(machine->start());
  const Settlement end = settled(machine->resume(no_answer(FailureClass::transient, "refused")));
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.fate, SendFate::unsent);
  EXPECT_FALSE(end.counts);
}

TEST_F(PushRole, ObeysAPaceThatWorkosAsksFor) {
  const auto machine = deliver(create());
  call_of(machine->start());
  const Settlement end =
      settled(machine->resume(answer(429, R"({"message":"m"})", {{"retry-after", "7"}})));
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.fate, SendFate::unsent);
  EXPECT_EQ(end.delay, Millis{7'000});
  EXPECT_EQ(end.failure->retry_after, Millis{7'000});
  EXPECT_FALSE(end.counts);
}

TEST_F(PushRole, DiesOfWhatWorkosWillNeverAccept) {
  const auto machine = deliver(put());
  call_of(machine->start());
  const Settlement end =
      settled(machine->resume(answer(422, R"({"message":"name too long","code":"bad"})")));
  EXPECT_EQ(end.outcome, Outcome::dead);
  EXPECT_EQ(end.fate, SendFate::unsent);
  EXPECT_TRUE(end.counts);
  EXPECT_EQ(end.failure->detail, "name too long");
  EXPECT_EQ(end.request_id, RequestId("req_1"));
}

TEST_F(PushRole, DiesOfADocumentThatIsNoIntentWithoutACall) {
  for (const char* kind :
       {"role.push", "role.remove", "role.permissions", "member.push", "member.remove"}) {
    const Settlement end = settled(deliver(lease_of(kind, "{}", Operation::put))->start());
    EXPECT_EQ(end.outcome, Outcome::dead) << kind;
    EXPECT_EQ(end.fate, SendFate::unsent);
    EXPECT_EQ(end.failure->code, "invalid_intent");
    EXPECT_FALSE(end.failure->detail.empty());
  }
}

TEST_F(PushRole, BlamesTheKeyForA401AndNotTheRow) {
  const auto machine = deliver(put());
  call_of(machine->start());
  const Settlement end = settled(machine->resume(answer(401, R"({"message":"m"})")));
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.failure->kind, FailureClass::unauthorised);
  EXPECT_FALSE(end.counts);
}

class AfterA403 : public PushRole {
 protected:
  Settlement end_after(const CallAnswer& key_trial) {
    const auto machine = deliver(put());
    call_of(machine->start());
    const Call trial = call_of(machine->resume(answer(403, R"({"message":"no"})")));
    EXPECT_FALSE(trial.mutates);
    EXPECT_EQ(trial.request.target, "/authorization/roles");
    return settled(machine->resume(key_trial));
  }
};

TEST_F(AfterA403, TheRowIsHeldWhereTheKeyOpensOtherThings) {
  const Settlement end = end_after(answer(200, R"({"data":[]})"));
  EXPECT_EQ(end.outcome, Outcome::held);
  EXPECT_EQ(end.fate, SendFate::unsent);
  EXPECT_EQ(end.failure->kind, FailureClass::forbidden);
  EXPECT_EQ(end.failure->http_status, 403);
}

TEST_F(AfterA403, TheKeyIsBlamedWhereItOpensNothing) {
  for (const int status : {401, 403}) {
    const Settlement end = end_after(answer(status, R"({"message":"no"})"));
    EXPECT_EQ(end.outcome, Outcome::retry);
    EXPECT_EQ(end.failure->kind, FailureClass::unauthorised);
    EXPECT_FALSE(end.counts);
  }
}

TEST_F(AfterA403, NobodyIsBlamedWhereTheTrialFails) {
  for (const CallAnswer& trial : {CallAnswer(no_answer(FailureClass::in_doubt)),
                                  CallAnswer(answer(500, "{}")), CallAnswer(answer(429, "{}"))}) {
    const Settlement end = end_after(trial);
    EXPECT_EQ(end.outcome, Outcome::retry);
    EXPECT_EQ(end.fate, SendFate::unsent) << "the write itself was refused";
  }
}

TEST_F(PushRole, LeavesAKindOfANewerProgramAlone) {
  const Settlement end = settled(deliver(lease_of("group.push", "{}", Operation::put))->start());
  EXPECT_EQ(end.outcome, Outcome::retry);
  EXPECT_EQ(end.failure->code, "unknown_kind");
  EXPECT_THAT(workflows_->kinds(),
              testing::UnorderedElementsAre("role.push", "role.permissions", "role.remove",
                                            "member.push", "member.remove"));
}

}  // namespace
}  // namespace rolecall
