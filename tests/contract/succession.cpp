// A slug that is used again: two subjects, one object at WorkOS, and members in between.
#include "tests/contract/store_contract.hpp"

namespace rolecall::contract {
namespace {

const Subject kOld{"role:organization:old"};
const Subject kNew{"role:organization:new"};

class StoreContractSuccession : public StoreContract {
 protected:
  void SetUp() override { worker_ = open_session(); }

  void push(const Subject& subject) {
    world().mutate({.subject = subject.text(), .kind = "role.push", .desired = role("org-x")});
    take_in();
  }
  void remove_old() {
    Change change = remove_role("org-x");
    change.subject = kOld.text();
    world().mutate(change);
    take_in();
  }

  // A reducer that forgets what was there, if its removal was answered, and asks for a read.
  void reduce_and_read(const Subject& subject) {
    reduce([&](const SubjectFacts& facts) -> Result<Reduction> {
      Reduction out = unchanged(facts);
      if (facts.subject != subject) return out;
      out.verify_in = Millis{0};
      if (facts.kind == "role.remove") out.incarnation.reset();
      return out;
    });
  }

  // The facts of the subject after a read of it showed this.
  SubjectFacts facts_after_read(const Subject& subject, const Observation& shown) {
    for (const auto& asked : verifications(worker_))
      if (asked.subject == subject) EXPECT_TRUE(record(asked, shown));
    for (const auto& all = facts(); const auto& one : all)
      if (one.subject == subject) return one;
    ADD_FAILURE() << "nothing was read of " << subject.text();
    return {};
  }

  WorkerId worker_;
};

INSTANTIATE_TEST_SUITE_P(EveryStore, StoreContractSuccession,
                         ::testing::ValuesIn(registered_worlds()),
                         [](const auto& info) { return info.param.name; });

TEST_P(StoreContractSuccession, ARemovedRoleDoesNotSeeTheOneThatTookItsSlug) {
  push(kOld);
  deliver(worker_, lease_one(worker_), "i1");
  remove_old();
  settle(worker_, delivered(lease_one(worker_), Observation{}));
  reduce_and_read(kOld);
  push(kNew);
  deliver(worker_, lease_one(worker_), "i2");
  const SubjectFacts seen = facts_after_read(kOld, present("i2", role("org-x")));
  ASSERT_TRUE(seen.read);
  EXPECT_EQ(seen.read->shown, Observation{});
}

TEST_P(StoreContractSuccession, ARemovedRoleThatIsStillThereIsSeen) {
  push(kOld);
  deliver(worker_, lease_one(worker_), "i1");
  remove_old();
  settle(worker_, settlement(lease_one(worker_), Outcome::look, SendFate::unsent, Millis{10'000}));
  push(kNew);
  lease_one(worker_);
  world().pass(Millis{10'001});
  const SubjectFacts seen = facts_after_read(kOld, present("i1", role("org-x")));
  ASSERT_TRUE(seen.read);
  EXPECT_EQ(seen.read->shown.incarnation, "i1");
}

TEST_P(StoreContractSuccession, ANewRoleDoesNotTakeThePreviousOneForItself) {
  push(kOld);
  deliver(worker_, lease_one(worker_), "i1");
  push(kNew);
  settle(worker_, settlement(lease_one(worker_), Outcome::look, SendFate::unsent, Millis{10'000}));
  world().pass(Millis{10'001});
  const SubjectFacts seen = facts_after_read(kNew, present("i1", role("org-x")));
  ASSERT_TRUE(seen.read);
  EXPECT_EQ(seen.read->shown, Observation{});
}

// Neither a DELETE nor a read can tell two roles of one slug apart, so they never exist side by
// side.
TEST_P(StoreContractSuccession, ASlugIsQuarantinedUntilTheEndOfItsFormerRoleIsConfirmed) {
  push(kOld);
  deliver(worker_, lease_one(worker_), "i1");
  remove_old();
  settle(worker_, delivered(lease_one(worker_), Observation{}));
  push(kNew);
  const Lease early = lease_one(worker_);
  EXPECT_GT(early.quarantine_left, Millis{0});
  settle(worker_, settlement(early, Outcome::retry, SendFate::unsent));
  reduce([](const SubjectFacts& facts) -> Result<Reduction> {
    Reduction out = unchanged(facts);
    if (facts.subject != kOld) return out;
    out.incarnation.reset();
    out.confirmed = facts.version;
    return out;
  });
  EXPECT_EQ(lease_one(worker_).quarantine_left, Millis{0});
}

// A lane that has nothing to say yet makes no call, so it proves nothing.
TEST_P(StoreContractSuccession, AProbeThatNobodyUsedIsThereForARead) {
  push(kOld);
  deliver(worker_, lease_one(worker_), "i1");
  world().mutate(push_member("user_1"));
  take_in();
  Settlement looks = settlement(lease_one(worker_), Outcome::retry, SendFate::unsent);
  looks.look_at = {{.family = "role", .organization = "org_1", .name = "org-x"}};
  settle(worker_, looks);
  report(worker_, {.failed = 5});
  world().pass(Millis{1'001});
  const Lease probe = lease_one(worker_);
  EXPECT_TRUE(verifications(worker_).empty());
  settle(worker_, settlement(probe, Outcome::retry, SendFate::unsent, Millis{60'000}));
  EXPECT_EQ(verifications(worker_).size(), 1U);
}

// Naming the slug would give the member the role that is on its way out, and keep that from ending.
TEST_P(StoreContractSuccession, AMemberThatWaitedTooLongLeavesOutTheRoleThatIsNotThere) {
  push(kNew);
  lease_one(worker_);
  Change member = push_member("user_1", R"("member","org-x")");
  member.waits = {{kNew.text(), 1}};
  world().mutate(member);
  take_in();
  world().pass(Millis{60'001});
  EXPECT_EQ(wake(), 1);
  const Lease lease = lease_one(worker_);
  EXPECT_EQ(lease.subject, Subject(member_subject("user_1")));
  EXPECT_EQ(lease.unready_slugs, (std::vector<std::string>{"org-x"}));
}

TEST_P(StoreContractSuccession, ASendRecordsWhatOfAMemberCanBeSaid) {
  push(kNew);
  lease_one(worker_);
  Change member = push_member("user_1", R"("org-x")");
  member.waits = {{kNew.text(), 1}};
  member.priority = 0;
  world().mutate(member);
  take_in();
  settle(worker_, settlement(lease_one(worker_), Outcome::retry, SendFate::open));
  const auto all = facts();
  ASSERT_EQ(all.size(), 1U);
  ASSERT_EQ(all[0].sends.size(), 1U);
  const JsonText said = all[0].sends[0].value.value_or("nothing");
  EXPECT_EQ(said.find("org-x"), std::string::npos) << said;
  EXPECT_NE(said.find("\"member\""), std::string::npos) << said;
}

}  // namespace
}  // namespace rolecall::contract
