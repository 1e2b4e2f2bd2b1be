// Intake, superseding, leases, the fence and what a result makes of a lane.
#include "tests/contract/store_contract.hpp"

namespace rolecall::contract {
namespace {

const std::string kRole = role_subject("org-x");

TEST_P(StoreContract, IntakeMovesEachRowOnce) {
  world().mutate(push_role("org-x"));
  world().mutate(push_member("user_1"));
  EXPECT_EQ(take_in(), 2);
  EXPECT_EQ(take_in(), 0);
  EXPECT_EQ(world().outbox_rows(), 0);
  EXPECT_EQ(world().lane(kRole).state, "due");
  EXPECT_EQ(world().lane(kRole).wanted, 1);
}

TEST_P(StoreContract, IntakeTakesRevocationsFirst) {
  world().mutate(push_role("org-x"));
  world().mutate(remove_role("org-y"));
  EXPECT_EQ(take_in(1), 1);
  EXPECT_EQ(world().lane(kRole).state, "");
  EXPECT_EQ(world().lane(role_subject("org-y")).state, "due");
}

TEST_P(StoreContract, ManyChangesBecomeOneLeaseWithTheNewestContent) {
  world().mutate(push_role("org-x", "first"));
  world().mutate(push_role("org-x", "second"));
  world().mutate(push_role("org-x", "third"));
  EXPECT_EQ(take_in(), 3);
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  EXPECT_EQ(lease.version, Version(3));
  EXPECT_NE(lease.desired.find("third"), std::string::npos);
}

TEST_P(StoreContract, ALeaseTellsItsWorkflowAllThatItMayKnow) {
  const auto id = world().mutate(push_role("org-x"));
  take_in();
  const Lease lease = lease_one(open_session());
  EXPECT_EQ(lease.subject, Subject(kRole));
  EXPECT_EQ(lease.organization, OrganizationId("o1"));
  EXPECT_EQ(lease.kind, "role.push");
  EXPECT_EQ(lease.outbox_id, OutboxId(id));
  EXPECT_EQ(lease.operation, Operation::create);
  EXPECT_FALSE(lease.incarnation);
  EXPECT_FALSE(lease.seen);
  EXPECT_FALSE(lease.looked);
  EXPECT_FALSE(lease.create_in_doubt);
  EXPECT_EQ(lease.attempts, 0);
  EXPECT_EQ(lease.leases, 1);
  EXPECT_EQ(lease.priority, 1);
  EXPECT_EQ(world().sends(kRole), (std::vector<SendView>{{"create", 1, "open"}}));
}

TEST_P(StoreContract, OperationFollowsFromKindAndFromWhatIsThere) {
  const WorkerId worker = open_session();
  world().mutate(push_role("org-x"));
  take_in();
  deliver(worker, lease_one(worker), "2024-01-01T00:00:00.000Z");
  world().mutate(push_role("org-x", "renamed"));
  take_in();
  const Lease put = lease_one(worker);
  EXPECT_EQ(put.operation, Operation::put);
  EXPECT_EQ(put.incarnation, "2024-01-01T00:00:00.000Z");
  EXPECT_TRUE(put.looked);
  EXPECT_TRUE(put.seen);
  deliver(worker, put, "2024-01-01T00:00:00.000Z");
  world().mutate(remove_role("org-x"));
  take_in();
  EXPECT_EQ(lease_one(worker).operation, Operation::remove);
}

TEST_P(StoreContract, ASubjectIsLeasedOnce) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId one = open_session();
  lease_one(one);
  EXPECT_TRUE(lease(one).empty());
}

TEST_P(StoreContract, KindsThatTheProgramDoesNotKnowStay) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  EXPECT_TRUE(lease_batch(worker, 10, {"member.push"}).leases.empty());
  EXPECT_EQ(world().lane(kRole).state, "due");
}

TEST_P(StoreContract, RevocationsAreLeasedFirst) {
  world().mutate(push_role("org-x"));
  world().mutate(remove_role("org-y"));
  take_in();
  const auto leases = lease(open_session(), 1);
  ASSERT_EQ(leases.size(), 1U);
  EXPECT_EQ(leases[0].kind, "role.remove");
}

TEST_P(StoreContract, ANewerGrantInheritsTheUrgencyOfAnUnsentRevocation) {
  world().mutate(remove_role("org-x"));
  world().mutate(push_role("org-x"));
  take_in();
  EXPECT_EQ(world().lane(kRole).priority, 0);
}

TEST_P(StoreContract, DeliveredEndsTheLane) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  EXPECT_EQ(settle(worker, delivered(lease, present("i1", lease.desired))), SettleResult::ok);
  EXPECT_EQ(world().lane(kRole).state, "idle");
  EXPECT_EQ(world().lane(kRole).delivered, 1);
  EXPECT_EQ(world().sends(kRole), (std::vector<SendView>{{"create", 1, "answered"}}));
  EXPECT_TRUE(world().reduce_due(kRole));
}

TEST_P(StoreContract, WhatCameDuringTheLeaseIsDueAfterIt) {
  world().mutate(push_role("org-x", "first"));
  take_in();
  const WorkerId worker = open_session();
  const Lease first = lease_one(worker);
  world().mutate(push_role("org-x", "second"));
  take_in();
  EXPECT_EQ(world().lane(kRole).state, "leased");
  settle(worker, delivered(first, present("i1", first.desired)));
  EXPECT_EQ(world().lane(kRole).state, "due");
  EXPECT_EQ(world().lane(kRole).delivered, 1);
  EXPECT_EQ(lease_one(worker).version, Version(2));
}

TEST_P(StoreContract, AnotherTokenIsStaleAndChangesNothing) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  const LaneView before = world().lane(kRole);
  Settlement forged = delivered(lease, present("i1", lease.desired));
  forged.token = LeaseToken(lease.token.number() + 1000);
  EXPECT_EQ(settle(worker, forged), SettleResult::stale);
  EXPECT_EQ(world().lane(kRole), before);
  EXPECT_EQ(world().sends(kRole), (std::vector<SendView>{{"create", 1, "open"}}));
}

TEST_P(StoreContract, AStaleSuccessIsStillEvidenceOfItsSend) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lost = lease_one(worker);
  world().pass(Millis{31'000});
  EXPECT_EQ(rescue(worker).lanes_freed, 1);
  const LaneView before = world().lane(kRole);
  EXPECT_EQ(settle(worker, delivered(lost, present("i1", lost.desired))), SettleResult::stale);
  EXPECT_EQ(world().lane(kRole), before);
  EXPECT_EQ(world().sends(kRole), (std::vector<SendView>{{"create", 1, "answered"}}));
  EXPECT_TRUE(world().reduce_due(kRole));
}

TEST_P(StoreContract, AResultIsTakenOnce) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  const Settlement result = delivered(lease, present("i1", lease.desired));
  EXPECT_EQ(settle(worker, result), SettleResult::ok);
  EXPECT_EQ(settle(worker, result), SettleResult::stale);
  EXPECT_EQ(world().lane(kRole).delivered, 1);
}

TEST_P(StoreContract, ALaneThatSomebodyHoldsAnswersBusyAndStaysAsItWas) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  const Settlement result = delivered(lease, present("i1", lease.desired));
  world().lock_lane(kRole);
  EXPECT_EQ(settle(worker, result), SettleResult::busy);
  EXPECT_EQ(world().sends(kRole), (std::vector<SendView>{{"create", 1, "open"}}));
  world().unlock_lane(kRole);
  EXPECT_EQ(world().lane(kRole).state, "leased");
  EXPECT_EQ(settle(worker, result), SettleResult::ok);
}

TEST_P(StoreContract, ABatchIsAnsweredInItsOrder) {
  for (const auto* slug : {"org-c", "org-a", "org-b"}) world().mutate(push_role(slug));
  take_in();
  const WorkerId worker = open_session();
  auto leases = lease(worker);
  ASSERT_EQ(leases.size(), 3U);
  std::swap(leases[0], leases[2]);
  std::vector<Settlement> batch;
  for (const auto& lease : leases)
    batch.push_back(settlement(lease, Outcome::retry, SendFate::unsent));
  batch[1].token = LeaseToken(999'999);
  const auto settled = world().loop().run(world().store().settle(worker, batch)).value();
  ASSERT_EQ(settled.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(settled[i].subject, batch[i].subject);
  EXPECT_EQ(settled[0].result, SettleResult::ok);
  EXPECT_EQ(settled[1].result, SettleResult::stale);
  EXPECT_EQ(settled[2].result, SettleResult::ok);
}

TEST_P(StoreContract, ARetryIsDueAfterItsDelay) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  Settlement result = failed(lease_one(worker), Outcome::retry, SendFate::unsent,
                             FailureClass::throttled, Millis{5000});
  settle(worker, result);
  EXPECT_TRUE(lease(worker).empty());
  EXPECT_EQ(world().lane(kRole).failure_class, "throttled");
  EXPECT_EQ(world().lane(kRole).failure_code, "it_failed");
  world().pass(Millis{5001});
  EXPECT_EQ(lease_one(worker).version, Version(1));
}

TEST_P(StoreContract, OnlyTheRowsOwnFailuresCount) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  Settlement providers =
      failed(lease_one(worker), Outcome::retry, SendFate::open, FailureClass::in_doubt);
  settle(worker, providers);
  EXPECT_EQ(world().lane(kRole).attempts, 0);
  Settlement own =
      failed(lease_one(worker), Outcome::retry, SendFate::unsent, FailureClass::look_first);
  own.counts = true;
  settle(worker, own);
  EXPECT_EQ(world().lane(kRole).attempts, 1);
  EXPECT_EQ(lease_one(worker).attempts, 1);
}

TEST_P(StoreContract, ASendThatNeverLeftIsForgottenAndOneInDoubtStaysOpen) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  settle(worker, settlement(lease_one(worker), Outcome::retry, SendFate::unsent));
  EXPECT_TRUE(world().sends(kRole).empty());
  settle(worker, settlement(lease_one(worker), Outcome::retry, SendFate::open));
  EXPECT_EQ(world().sends(kRole), (std::vector<SendView>{{"create", 1, "open"}}));
  EXPECT_TRUE(lease_one(worker).create_in_doubt);
}

TEST_P(StoreContract, DeadAndHeldLanesAreNotLeased) {
  world().mutate(push_role("org-x"));
  world().mutate(push_role("org-y"));
  take_in();
  const WorkerId worker = open_session();
  const auto leases = lease(worker);
  ASSERT_EQ(leases.size(), 2U);
  settle(worker, failed(leases[0], Outcome::dead, SendFate::unsent, FailureClass::rejected));
  settle(worker, failed(leases[1], Outcome::held, SendFate::unsent, FailureClass::forbidden));
  EXPECT_EQ(world().lane(leases[0].subject.text()).state, "dead");
  EXPECT_EQ(world().lane(leases[1].subject.text()).state, "held");
  world().pass(Millis{3'600'000});
  EXPECT_TRUE(lease(worker).empty());
  EXPECT_TRUE(world().reduce_due(leases[0].subject.text()));
}

TEST_P(StoreContract, ANewerVersionBringsADeadLaneBack) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  settle(worker,
         failed(lease_one(worker), Outcome::dead, SendFate::unsent, FailureClass::rejected));
  world().mutate(push_role("org-x", "better"));
  take_in();
  EXPECT_EQ(lease_one(worker).version, Version(2));
}

TEST_P(StoreContract, AVersionThatDiesAfterANewerOneCameDoesNotStopIt) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease first = lease_one(worker);
  world().mutate(push_role("org-x", "better"));
  take_in();
  settle(worker, failed(first, Outcome::dead, SendFate::unsent, FailureClass::rejected));
  EXPECT_EQ(world().lane(kRole).state, "due");
  EXPECT_EQ(lease_one(worker).version, Version(2));
}

TEST_P(StoreContract, ADeliveryAfterSeveralVersionsCarriesTheNewestOnly) {
  world().mutate(push_role("org-x", "first"));
  take_in();
  const WorkerId worker = open_session();
  const Lease first = lease_one(worker);
  settle(worker, settlement(first, Outcome::retry, SendFate::open));
  world().mutate(push_role("org-x", "second"));
  take_in();
  const Lease second = lease_one(worker);
  EXPECT_EQ(second.version, Version(2));
  EXPECT_EQ(settle(worker, delivered(first, present("i1", first.desired))), SettleResult::stale);
  EXPECT_EQ(world().lane(kRole).delivered, 0);
}

}  // namespace
}  // namespace rolecall::contract
