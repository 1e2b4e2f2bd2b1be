// Facts, reductions, reads and the discard rule; operators.
#include "tests/contract/store_contract.hpp"

namespace rolecall::contract {
namespace {

const std::string kRole = role_subject("org-x");

Reducer confirming() {
  return [](const SubjectFacts& facts) -> Result<Reduction> {
    Reduction out = unchanged(facts);
    out.confirmed = facts.version;
    return out;
  };
}

TEST_P(StoreContract, TheReducerIsShownAllThatIsKnown) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  Observation answer = present("i1", lease.desired, "2025-02-03T04:05:06.789Z");
  settle(worker, delivered(lease, answer));
  const auto shown = facts();
  ASSERT_EQ(shown.size(), 1U);
  const SubjectFacts& f = shown[0];
  EXPECT_EQ(f.subject, Subject(kRole));
  EXPECT_EQ(f.organization, OrganizationId("o1"));
  EXPECT_EQ(f.version, Version(1));
  EXPECT_EQ(f.kind, "role.push");
  EXPECT_NE(f.desired.find("org-x"), std::string::npos);
  EXPECT_EQ(f.touched.at("name"), Version(1));
  ASSERT_TRUE(f.lane);
  EXPECT_EQ(f.lane->state, LaneState::idle);
  EXPECT_EQ(f.lane->delivered, Version(1));
  EXPECT_FALSE(f.next_row);
  EXPECT_FALSE(f.incarnation);
  ASSERT_EQ(f.sends.size(), 1U);
  EXPECT_EQ(f.sends[0].state, SendState::answered);
  EXPECT_EQ(f.sends[0].operation, Operation::create);
  EXPECT_EQ(f.sends[0].version, Version(1));
  ASSERT_TRUE(f.sends[0].answer);
  EXPECT_EQ(f.sends[0].answer->incarnation, "i1");
  EXPECT_EQ(f.sends[0].answer->updated_at, answer.updated_at);
  EXPECT_TRUE(f.sends[0].answer->value);
  EXPECT_LE(f.sends[0].leased_at, f.now);
  EXPECT_EQ(f.now.back(), 'Z');
  EXPECT_EQ(f.visibility, Millis{30'000});
  EXPECT_EQ(f.send_window, Millis{900'000});
  EXPECT_EQ(f.default_role_slug, "member");
}

TEST_P(StoreContract, FactsAreReducedOnce) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  settle(worker, delivered(lease, present("i1", lease.desired)));
  EXPECT_EQ(facts().size(), 1U);
  EXPECT_TRUE(facts().empty());
  EXPECT_FALSE(world().reduce_due(kRole));
}

TEST_P(StoreContract, TheFactsOfALeasedLaneWait) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  settle(worker, settlement(lease_one(worker), Outcome::retry, SendFate::open));
  lease_one(worker);
  EXPECT_TRUE(world().reduce_due(kRole));
  EXPECT_TRUE(facts().empty());
  EXPECT_TRUE(world().reduce_due(kRole));
}

TEST_P(StoreContract, WhatTheReducerSawIsKept) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  deliver(worker, lease, "i1");
  EXPECT_TRUE(world().sends(kRole).empty());
  world().mutate(push_role("org-x", "renamed"));
  take_in();
  const Lease next = lease_one(worker);
  settle(worker, settlement(next, Outcome::retry, SendFate::open));
  const auto shown = facts();
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].incarnation, "i1");
  EXPECT_EQ(shown[0].echoed, Version(1));
  EXPECT_TRUE(shown[0].looked);
  EXPECT_TRUE(shown[0].seen);
  EXPECT_EQ(shown[0].touched.at("name"), Version(2));
}

TEST_P(StoreContract, AConfirmedVersionIsRecorded) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  settle(worker, delivered(lease, present("i1", lease.desired)));
  const auto reduced = reduce(confirming());
  ASSERT_EQ(reduced.size(), 1U);
  EXPECT_EQ(reduced[0].subject, Subject(kRole));
  EXPECT_EQ(reduced[0].confirmed, Version(1));
  EXPECT_EQ(world().confirmed(kRole), 1);
}

TEST_P(StoreContract, ACorrectionIsAnOutboxRowOfTheNextVersion) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  settle(worker, delivered(lease, present("i1", lease.desired)));
  const auto reduced = reduce([](const SubjectFacts& facts) -> Result<Reduction> {
    Reduction out = unchanged(facts);
    out.next = NextRow{.kind = facts.kind, .desired = facts.desired, .reason = "late_write"};
    out.audit = {{"late_write", "the older one landed late"}};
    return out;
  });
  ASSERT_EQ(reduced.size(), 1U);
  EXPECT_TRUE(reduced[0].next_row);
  EXPECT_EQ(reduced[0].audit.at(0).verdict, "late_write");
  EXPECT_EQ(world().version(kRole), 2);
  EXPECT_EQ(world().outbox_rows(), 1);
  take_in();
  const Lease again = lease_one(worker);
  EXPECT_EQ(again.version, Version(2));
  EXPECT_EQ(again.desired, lease.desired);
}

TEST_P(StoreContract, ACorrectionTouchesNothing) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  settle(worker, delivered(lease, present("i1", lease.desired)));
  reduce([](const SubjectFacts& facts) -> Result<Reduction> {
    Reduction out = unchanged(facts);
    out.next = NextRow{.kind = facts.kind, .desired = facts.desired, .reason = "late_write"};
    return out;
  });
  take_in();
  settle(worker, settlement(lease_one(worker), Outcome::retry, SendFate::open));
  const auto shown = facts();
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].version, Version(2));
  EXPECT_EQ(shown[0].touched.at("name"), Version(1));
}

TEST_P(StoreContract, ALaneWhoseContentIsThereAlreadyEndsAsObserved) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  settle(worker, settlement(lease_one(worker), Outcome::retry, SendFate::open));
  reduce([](const SubjectFacts& facts) -> Result<Reduction> {
    Reduction out = unchanged(facts);
    out.lane_observed = true;
    return out;
  });
  EXPECT_EQ(world().lane(kRole).state, "idle");
  EXPECT_TRUE(lease(worker).empty());
}

// The role was renamed at WorkOS; the reducer follows, and has nothing to say.
TEST_P(StoreContract, AVersionThatWorkosHasAlreadyIsReached) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  settle(worker, delivered(lease_one(worker), present("i1", role("org-x"))));
  reduce([](const SubjectFacts& facts) -> Result<Reduction> {
    Reduction out = unchanged(facts);
    out.adopted_desired = role("org-x", "Renamed");
    out.adopted_kind = "role.push";
    return out;
  });
  ASSERT_EQ(world().version(kRole), 2);
  Change member = push_member("user_1");
  member.waits = {{kRole, 2}};
  world().mutate(member);
  take_in();
  EXPECT_EQ(lease_one(worker).subject, Subject(member_subject("user_1")));
}

TEST_P(StoreContract, ARetryRevivesNobodyWhoseRemovalWasAdopted) {
  world().mutate(push_member("user_1"));
  take_in();
  const WorkerId worker = open_session();
  deliver(worker, lease_one(worker), "om_1");
  const std::string admin = R"("admin","member")";
  world().mutate(push_member("user_1", admin));
  take_in();
  settle(worker, delivered(lease_one(worker), present("om_1", member("user_1", admin))));
  world().mutate(push_member("user_1"));
  take_in();
  const std::string subject = member_subject("user_1");
  reduce([&subject](const SubjectFacts& facts) -> Result<Reduction> {
    Reduction out = unchanged(facts);
    if (facts.subject != Subject(subject)) return out;
    out.adopted_desired = R"({"organization":"org_1","user":"user_1"})";
    out.adopted_kind = "member.remove";
    out.lane_cancelled = true;
    return out;
  });
  world().retry(subject);
  world().pass(Millis{5'000});
  EXPECT_TRUE(lease(worker).empty());
  EXPECT_EQ(world().lane(subject).state, "idle");
}

TEST_P(StoreContract, AReducerThatFailsStopsNobodyElse) {
  world().mutate(push_role("org-x"));
  world().mutate(push_role("org-y"));
  take_in();
  const WorkerId worker = open_session();
  for (const auto& lease : lease(worker))
    settle(worker, delivered(lease, present("i1", lease.desired)));
  const auto reduced = reduce([](const SubjectFacts& facts) -> Result<Reduction> {
    if (facts.subject == Subject(kRole))
      return Failure{.kind = FailureClass::bug, .code = "odd_facts", .detail = "cannot be"};
    return confirming()(facts);
  });
  EXPECT_EQ(reduced.size(), 2U);
  EXPECT_NE(world().reduce_failure(kRole).find("odd_facts"), std::string::npos);
  EXPECT_EQ(world().confirmed(role_subject("org-y")), 1);
  EXPECT_FALSE(world().reduce_due(kRole));
}

// A role that was delivered, and whose confirming read is due.
class StoreContractReads : public StoreContract {
 protected:
  Verification due_read() {
    worker_ = open_session();
    world().mutate(push_role("org-x"));
    take_in();
    const Lease lease = lease_one(worker_);
    settle(worker_, delivered(lease, present("i1", lease.desired)));
    reduce([](const SubjectFacts& facts) -> Result<Reduction> {
      Reduction out = unchanged(facts);
      out.incarnation = "i1";
      out.verify_in = Millis{30'000};
      out.verify_reason = "confirm";
      return out;
    });
    EXPECT_TRUE(verifications(worker_).empty());
    world().pass(Millis{30'001});
    auto asked = verifications(worker_);
    EXPECT_EQ(asked.size(), 1U);
    return asked.at(0);
  }

  WorkerId worker_;
};

TEST_P(StoreContractReads, AReadIsAskedForOnceAtATime) {
  const Verification asked = due_read();
  EXPECT_EQ(asked.subject, Subject(kRole));
  EXPECT_EQ(asked.organization, OrganizationId("o1"));
  EXPECT_EQ(asked.family, "role");
  EXPECT_NE(asked.desired.find("org_1"), std::string::npos);
  EXPECT_EQ(asked.incarnation, "i1");
  EXPECT_EQ(asked.reason, "confirm");
  EXPECT_EQ(asked.noted_version, Version(1));
  EXPECT_TRUE(verifications(worker_).empty());
}

TEST_P(StoreContractReads, ARecordedReadIsAFactForTheReducer) {
  const Verification asked = due_read();
  EXPECT_TRUE(record(asked, present("i1", asked.desired, "2025-05-05T00:00:00.000Z")));
  const auto shown = facts();
  ASSERT_EQ(shown.size(), 1U);
  ASSERT_TRUE(shown[0].read);
  EXPECT_EQ(shown[0].read->begun_at, asked.begun_at);
  EXPECT_EQ(shown[0].read->shown.updated_at, "2025-05-05T00:00:00.000Z");
  EXPECT_EQ(shown[0].read->shown.incarnation, "i1");
  EXPECT_TRUE(facts().empty());
}

TEST_P(StoreContractReads, AReadIsDiscardedWhenAVersionCameMeanwhile) {
  const Verification asked = due_read();
  world().mutate(push_role("org-x", "renamed"));
  EXPECT_FALSE(record(asked, present("i1", asked.desired)));
  EXPECT_TRUE(facts().empty());
}

TEST_P(StoreContractReads, AReadIsDiscardedWhenASendWasMadeMeanwhile) {
  const Verification asked = due_read();
  world().mutate(push_role("org-x", "renamed"));
  take_in();
  lease_one(worker_);
  EXPECT_FALSE(record(asked, present("i1", asked.desired)));
}

TEST_P(StoreContractReads, AReadThatNobodyRecordsIsDueAgain) {
  due_read();
  world().pass(Millis{30'001});
  EXPECT_EQ(verifications(worker_).size(), 1U);
}

TEST_P(StoreContractReads, WhileTheProviderIsDownAReadIsAProbeAtMost) {
  due_read();
  world().pass(Millis{30'001});
  report(worker_, {.failed = 5});
  EXPECT_TRUE(verifications(worker_).empty());
  world().pass(Millis{1'001});
  EXPECT_EQ(verifications(worker_).size(), 1U);
  EXPECT_TRUE(lease(worker_).empty());
}

TEST_P(StoreContractReads, NothingIsReadWhileTheProviderIsPaused) {
  due_read();
  world().pass(Millis{30'001});
  world().pause_provider();
  EXPECT_TRUE(verifications(worker_).empty());
  world().resume_provider();
  EXPECT_EQ(verifications(worker_).size(), 1U);
}

TEST_P(StoreContract, AnObjectThatAResultPointsAtIsReadSoon) {
  const WorkerId worker = open_session();
  world().mutate(push_member("user_1"));
  take_in();
  deliver(worker, lease_one(worker), "om_1");
  world().mutate(remove_role("org-x"));
  take_in();
  Settlement look = failed(lease_one(worker), Outcome::look, SendFate::unsent,
                           FailureClass::look_first, Millis{30'000});
  look.look_at = {{"member", "org_1", "user_1"}, {"member", "org_1", "user_unknown"}};
  settle(worker, look);
  world().pass(Millis{1});
  const auto asked = verifications(worker);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].subject, Subject(member_subject("user_1")));
  EXPECT_EQ(asked[0].family, "member");
  EXPECT_EQ(asked[0].incarnation, "om_1");
}

TEST_P(StoreContract, ARetriedDeadLaneIsDueAtOnce) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  settle(worker,
         failed(lease_one(worker), Outcome::dead, SendFate::unsent, FailureClass::rejected));
  world().retry(kRole);
  EXPECT_EQ(lease_one(worker).version, Version(1));
}

TEST_P(StoreContract, AHeldLaneIsLeasedAfterItsRelease) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  world().hold(kRole);
  EXPECT_TRUE(lease(worker).empty());
  world().release(kRole);
  EXPECT_EQ(lease(worker).size(), 1U);
}

TEST_P(StoreContract, ACancelledVersionIsNotSaidAndANewerOneIs) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  world().cancel(kRole);
  EXPECT_EQ(world().lane(kRole).state, "idle");
  EXPECT_EQ(world().lane(kRole).delivered, 0);
  EXPECT_TRUE(lease(worker).empty());
  world().mutate(push_role("org-x", "again"));
  take_in();
  EXPECT_EQ(lease_one(worker).version, Version(2));
}

TEST_P(StoreContract, AHoldAskedForDuringALeaseIsHonouredAtItsEnd) {
  world().mutate(push_role("org-x"));
  take_in();
  const WorkerId worker = open_session();
  const Lease lease = lease_one(worker);
  world().hold(kRole);
  EXPECT_EQ(world().lane(kRole).state, "leased");
  settle(worker, settlement(lease, Outcome::retry, SendFate::unsent));
  EXPECT_EQ(world().lane(kRole).state, "held");
}

INSTANTIATE_TEST_SUITE_P(EveryStore, StoreContractReads, ::testing::ValuesIn(registered_worlds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace rolecall::contract
