// Waits, their bound, urgency, partial deliveries, the gate of a look, quarantine.
#include "tests/contract/store_contract.hpp"

namespace rolecall::contract {
namespace {

const std::string kRole = role_subject("org-x");
const std::string kMember = member_subject("user_1");

Change waiting_member(int priority = 1) {
  Change change = push_member("user_1", R"("member","org-x")");
  change.waits = {{kRole, 1}};
  change.priority = priority;
  return change;
}

TEST_P(StoreContract, AMemberWaitsUntilItsRoleIsThere) {
  world().mutate(push_role("org-x"));
  world().mutate(waiting_member());
  take_in();
  EXPECT_TRUE(world().lane(kMember).waits);
  const WorkerId worker = open_session();
  const Lease role = lease_one(worker);
  EXPECT_EQ(role.subject, Subject(kRole));
  EXPECT_EQ(wake(), 0);
  settle(worker, delivered(role, present("i1", role.desired)));
  EXPECT_EQ(wake(), 1);
  EXPECT_EQ(lease_one(worker).subject, Subject(kMember));
}

TEST_P(StoreContract, AWaitForWhatIsNotTakenInYetHolds) {
  world().mutate(waiting_member());
  take_in();
  EXPECT_TRUE(world().lane(kMember).waits);
  EXPECT_EQ(wake(), 0);
}

TEST_P(StoreContract, AWaitThatIsOverAtIntakeIsNone) {
  const WorkerId worker = open_session();
  world().mutate(push_role("org-x"));
  take_in();
  const Lease role = lease_one(worker);
  settle(worker, delivered(role, present("i1", role.desired)));
  world().mutate(waiting_member());
  take_in();
  EXPECT_FALSE(world().lane(kMember).waits);
}

TEST_P(StoreContract, ADeadBlockerDoesNotBlock) {
  world().mutate(push_role("org-x"));
  world().mutate(waiting_member());
  take_in();
  const WorkerId worker = open_session();
  settle(worker,
         failed(lease_one(worker), Outcome::dead, SendFate::unsent, FailureClass::rejected));
  EXPECT_EQ(wake(), 1);
  EXPECT_EQ(lease_one(worker).subject, Subject(kMember));
}

TEST_P(StoreContract, AHeldBlockerBlocks) {
  world().mutate(push_role("org-x"));
  world().mutate(waiting_member());
  take_in();
  const WorkerId worker = open_session();
  settle(worker,
         failed(lease_one(worker), Outcome::held, SendFate::unsent, FailureClass::forbidden));
  EXPECT_EQ(wake(), 0);
  EXPECT_TRUE(lease(worker).empty());
}

TEST_P(StoreContract, ASupersededBlockerBlocksUntilItsSuccessorIsDelivered) {
  world().mutate(push_role("org-x", "first"));
  world().mutate(waiting_member());
  world().mutate(push_role("org-x", "second"));
  take_in();
  const WorkerId worker = open_session();
  const Lease role = lease_one(worker);
  EXPECT_EQ(role.version, Version(2));
  EXPECT_EQ(wake(), 0);
  settle(worker, delivered(role, present("i1", role.desired)));
  EXPECT_EQ(wake(), 1);
}

TEST_P(StoreContract, NoWaitLastsLongerThanItsBound) {
  world().mutate(waiting_member());
  take_in();
  const WorkerId worker = open_session();
  world().pass(Millis{59'000});
  EXPECT_EQ(wake(), 0);
  EXPECT_TRUE(lease(worker).empty());
  world().pass(Millis{1'100});
  EXPECT_EQ(wake(), 1);
  EXPECT_EQ(lease_one(worker).subject, Subject(kMember));
}

TEST_P(StoreContract, AnUrgentLaneIsLeasedInSpiteOfItsWaitsAndNamesThem) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  lease_one(worker);  // the role is on its way and not there yet
  world().mutate(waiting_member(0));
  take_in();
  const Lease member = lease_one(worker);
  EXPECT_EQ(member.subject, Subject(kMember));
  EXPECT_EQ(member.unready_slugs, (std::vector<std::string>{"org-x"}));
}

TEST_P(StoreContract, APartialDeliveryIsDueAgainForTheRest) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease role = lease_one(worker);
  world().mutate(waiting_member(0));
  take_in();
  const Lease member = lease_one(worker);
  Settlement part = settlement(member, Outcome::partial, SendFate::answered);
  part.answer = present("om_1", rolecall::contract::member("user_1", R"("member")"));
  settle(worker, part);
  const LaneView lane = world().lane(kMember);
  EXPECT_EQ(lane.state, "due");
  EXPECT_EQ(lane.delivered, 0);
  EXPECT_EQ(lane.priority, 1);
  EXPECT_TRUE(lane.waits);
  EXPECT_TRUE(lease(worker).empty());
  settle(worker, delivered(role, present("i1", role.desired)));
  EXPECT_EQ(wake(), 1);
  const Lease rest = lease_one(worker);
  EXPECT_EQ(rest.version, Version(1));
  EXPECT_TRUE(rest.unready_slugs.empty());
}

TEST_P(StoreContract, ABarrierWaitsForEveryMemberVersionEnqueuedBeforeIt) {
  const auto before = world().mutate(push_member("user_1"));
  Change removal = remove_role("org-x");
  removal.priority = 1;
  removal.waits = {{"member:o1:*", before + 1}};
  world().mutate(removal);
  world().mutate(push_member("user_2"));  // enqueued later: not waited for
  take_in();
  EXPECT_TRUE(world().lane(kRole).waits);
  const WorkerId worker = open_session();
  auto leases = lease(worker);
  ASSERT_EQ(leases.size(), 2U);
  for (const auto& lease : leases) {
    if (lease.subject != Subject(kMember)) continue;
    EXPECT_EQ(wake(), 0);
    settle(worker, delivered(lease, present("om_1", lease.desired)));
  }
  EXPECT_EQ(wake(), 1);
  EXPECT_EQ(lease_one(worker).subject, Subject(kRole));
}

TEST_P(StoreContract, AfterALookTheLaneIsDueOnlyWhenAReadWasReduced) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  settle(worker, failed(lease_one(worker), Outcome::look, SendFate::unsent,
                        FailureClass::look_first, Millis{30'000}));
  EXPECT_TRUE(world().lane(kRole).looking);
  EXPECT_TRUE(verifications(worker).empty());
  world().pass(Millis{30'001});
  EXPECT_TRUE(lease(worker).empty());
  const auto asked = verifications(worker);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_TRUE(record(asked[0], Observation{}));
  EXPECT_TRUE(lease(worker).empty());
  reduce([](const SubjectFacts& facts) -> Result<Reduction> {
    EXPECT_TRUE(facts.lane && facts.lane->looking);
    EXPECT_TRUE(facts.read);
    Reduction out = unchanged(facts);
    out.looked = true;
    out.look_over = true;
    return out;
  });
  EXPECT_TRUE(lease_one(worker).looked);
}

// After an outage thousands of reads are due that only confirm, and reads yield to writes.
TEST_P(StoreContract, WhatALaneWaitsForIsReadBeforeWhatOnlyConfirms) {
  for (const auto* user : {"user_1", "user_2"}) world().mutate(push_member(user));
  take_in();
  const WorkerId worker = open_session();
  const auto leases = lease(worker);
  ASSERT_EQ(leases.size(), 2U);
  settle(worker, delivered(leases[0], present("om_1", leases[0].desired)));
  settle(worker,
         failed(leases[1], Outcome::look, SendFate::open, FailureClass::in_doubt, Millis{30'000}));
  reduce([&](const SubjectFacts& known) -> Result<Reduction> {
    Reduction out = unchanged(known);
    if (known.subject == leases[0].subject) out.verify_in = Millis{0};
    return out;
  });
  world().pass(Millis{30'001});
  for (const auto& next : {leases[1], leases[0]}) {
    const auto asked = verifications(worker, 1);
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].subject, next.subject);
  }
  EXPECT_TRUE(verifications(worker).empty());
}

TEST_P(StoreContract, ACreateInDoubtNeedsAsManyLooksAsTheReducerSays) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  settle(worker, failed(lease_one(worker), Outcome::look, SendFate::open, FailureClass::in_doubt,
                        Millis{30'000}));
  facts();  // of the settlement
  for (int look = 0; look < 2; ++look) {
    EXPECT_TRUE(lease(worker).empty());
    world().pass(Millis{30'001});
    const auto asked = verifications(worker);
    ASSERT_EQ(asked.size(), 1U);
    ASSERT_TRUE(record(asked[0], Observation{}));
    reduce([look](const SubjectFacts& facts) -> Result<Reduction> {
      EXPECT_EQ(facts.lane->looks_absent, look);
      EXPECT_EQ(facts.sends.size(), 1U);
      Reduction out = unchanged(facts);
      out.looked = true;
      out.looks_absent = look + 1;
      out.look_over = look == 1;
      if (look == 0) out.verify_in = Millis{30'000};
      return out;
    });
  }
  const Lease again = lease_one(worker);
  EXPECT_EQ(again.operation, Operation::create);
  EXPECT_TRUE(again.create_in_doubt);
}

TEST_P(StoreContract, ACreationIsQuarantinedWhileAnOpenSendStillNamesItsSlug) {
  const WorkerId worker = open_session();
  world().mutate(push_member("user_1", R"("member","org-x")"));
  take_in();
  settle(worker, settlement(lease_one(worker), Outcome::retry, SendFate::open, Millis{600'000}));
  world().mutate(push_role("org-x"));
  take_in();
  const Lease role = lease_one(worker);
  EXPECT_GT(role.quarantine_left, Millis{0});
  EXPECT_LE(role.quarantine_left, Millis{900'000});
}

TEST_P(StoreContract, ACallUnderWayKeepsASlugForASecondAndNotForItsWindow) {
  const WorkerId worker = open_session();
  world().mutate(push_member("user_1", R"("member","org-x")"));
  take_in();
  const Lease under_way = lease_one(worker);
  world().mutate(push_role("org-x"));
  take_in();
  const Lease role = lease_one(worker);
  EXPECT_EQ(role.quarantine_left, Millis{1'000});
  settle(worker, delivered(under_way, present("om_1", under_way.desired)));
  settle(worker, settlement(role, Outcome::retry, SendFate::unsent));
  EXPECT_EQ(lease_one(worker).quarantine_left, Millis{0});
}

TEST_P(StoreContract, ASlugThatNobodyNamesIsNotQuarantined) {
  world().mutate(push_role("org-x"));
  take_in();
  EXPECT_EQ(lease_one(open_session()).quarantine_left, Millis{0});
}

}  // namespace
}  // namespace rolecall::contract
