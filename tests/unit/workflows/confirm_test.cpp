// When a version is proved, and when the next read is due.

#include "tests/unit/workflows/member_facts.hpp"

namespace rolecall {
namespace {

using namespace member_facts;

TEST(Proof, IsOneReadAfterTheAnswer) {
  SubjectFacts facts = delivered();
  const auto first = reduce(facts).value();
  EXPECT_FALSE(first.confirmed);
  EXPECT_EQ(first.verify_in, Millis{30'000});
  EXPECT_EQ(first.verify_reason, "confirm");
  read(facts, showing(kA));
  const auto second = reduce(facts).value();
  EXPECT_EQ(second.confirmed, Version(5));
  EXPECT_FALSE(second.verify_in);
  EXPECT_FALSE(second.next);
  EXPECT_TRUE(second.audit.empty());
}

TEST(Proof, SaysHowLongTheChangeTookToBeInForceAtWorkos) {
  SubjectFacts facts = delivered();
  facts.made_at = kAgo60;
  facts.seen_at = "2026-03-01T11:59:02.500Z";
  EXPECT_FALSE(reduce(facts)->effective_after) << "nothing is proved yet";
  read(facts, showing(kA, facts.seen_at));
  EXPECT_EQ(reduce(facts)->effective_after, std::chrono::milliseconds{2'500});
}

TEST(Proof, OfWhatWorkosHadBeforeTheChangeTookItNoTime) {
  SubjectFacts facts = delivered();
  facts.made_at = kAgo60;
  read(facts, showing(kA));
  EXPECT_EQ(reduce(facts)->effective_after, std::chrono::microseconds{1});
}

TEST(Proof, OfARemovalThatOnlyAReadMissedCountsUntilThatRead) {
  SubjectFacts facts = delivered();
  facts.made_at = kAgo60;
  facts.kind = "member.remove";
  facts.desired = kName;
  facts.lane->kind = facts.kind;
  facts.lane->desired = kName;
  facts.incarnation.reset();
  facts.dead_incarnation_at = kOld;
  facts.seen.reset();
  read(facts, showing(std::nullopt));
  const auto reduction = reduce(facts).value();
  ASSERT_EQ(reduction.confirmed, Version(5));
  EXPECT_EQ(reduction.effective_after, std::chrono::seconds{60});
}

TEST(Proof, OfAnEditMadeAtWorkosHasNoSuchTime) {
  SubjectFacts facts = delivered();
  facts.made_at = kAgo60;
  facts.confirmed = Version(5);
  read(facts, showing(kB, kNow));
  const auto reduction = reduce(facts).value();
  EXPECT_TRUE(reduction.adopted_desired);
  EXPECT_FALSE(reduction.effective_after);
}

TEST(Proof, IsNotGivenTwice) {
  SubjectFacts facts = delivered();
  facts.confirmed = Version(5);
  EXPECT_FALSE(reduce(facts)->verify_in);
  read(facts, showing(kA));
  EXPECT_FALSE(reduce(facts)->confirmed);
  EXPECT_FALSE(reduce(facts)->verify_in);
}

TEST(Proof, WaitsUntilAnotherValueCanNoLongerLand) {
  SubjectFacts facts = delivered();
  facts.sends = {send(1, 4, Operation::put, kB)};
  read(facts, showing(kA));
  const auto waiting = reduce(facts).value();
  EXPECT_FALSE(waiting.confirmed);
  EXPECT_EQ(waiting.verify_in, Millis{900'000 - 60'000});
  EXPECT_EQ(waiting.verify_reason, "late_window");
  facts.sends[0].leased_at = "2026-03-01T11:45:00.000000Z";
  const auto over = reduce(facts).value();
  EXPECT_EQ(over.confirmed, Version(5));
  EXPECT_THAT(over.closed, testing::ElementsAre(SendId(1)));
}

TEST(Proof, IsGivenWhereOnlyTheSameValueOrAGoneMembershipCanStillBeWritten) {
  SubjectFacts facts = delivered();
  facts.sends = {send(1, 5, Operation::put, kA), send(2, 4, Operation::put, kB)};
  facts.sends[1].incarnation = "om_0";
  read(facts, showing(kA));
  const auto reduction = reduce(facts).value();
  EXPECT_EQ(reduction.confirmed, Version(5));
  EXPECT_EQ(reduction.verify_reason, "late_window") << "the same value may still overwrite an edit";
  EXPECT_THAT(reduction.closed, testing::ElementsAre(SendId(2)));
}

TEST(Proof, IsNotGivenByAReadThatMayBeTooEarly) {
  SubjectFacts facts = delivered();
  facts.seen_at = "2026-03-01T11:59:55.000Z";
  read(facts, showing(kB));
  const auto reduction = reduce(facts).value();
  EXPECT_FALSE(reduction.confirmed);
  EXPECT_FALSE(reduction.adopted_desired);
  EXPECT_EQ(reduction.verify_in, Millis{30'000});
  EXPECT_EQ(reduction.verify_reason, "unbelieved");
}

TEST(Proof, OfARemovalThatHadNothingToRemove) {
  SubjectFacts facts = delivered();
  facts.kind = "member.remove";
  facts.desired = kName;
  facts.touched = {{"*", Version(5)}};
  facts.echoed = Version(4);
  facts.incarnation.reset();
  facts.seen.reset();
  EXPECT_EQ(reduce(facts)->verify_reason, "confirm");
  read(facts, showing(std::nullopt));
  const auto proved = reduce(facts).value();
  EXPECT_EQ(proved.confirmed, Version(5));
  EXPECT_TRUE(proved.touched.empty()) << "what was seen counts as applied";
}

TEST(Proof, IsGivenWhateverTheStatus) {
  for (const char* status : {"inactive", "pending"}) {
    SubjectFacts facts = delivered();
    Observation shown = showing(kA);
    shown.status = status;
    read(facts, shown);
    const auto reduction = reduce(facts).value();
    EXPECT_EQ(reduction.confirmed, Version(5)) << status;
    EXPECT_EQ(reduction.seen_status, status);
  }
}

}  // namespace
}  // namespace rolecall
