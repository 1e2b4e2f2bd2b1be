// Rate budgets: what all replicas together may call, and how answers of 429 slow them.
#include "tests/contract/store_contract.hpp"

namespace rolecall::contract {
namespace {

using std::chrono::microseconds;

constexpr auto kWrites = RateClass::um_write;

TEST_P(StoreContract, ABlockOfTokensIsEvenAndShort) {
  world().limit_calls(kWrites, 100, Millis{1'000});
  const TokenBlock block = take_tokens(kWrites, 1'000);
  EXPECT_EQ(block.tokens, 24);  // a quarter of a second
  EXPECT_EQ(block.first_in, microseconds{0});
  EXPECT_EQ(block.every.count() / 10, 1'015);  // 1.5 % is kept back
  EXPECT_EQ(take_tokens(kWrites, 2).tokens, 2);
}

TEST_P(StoreContract, ALimitThatIsNoneGivesWhatIsAsked) {
  for (const RateClass every : kRateClasses) world().limit_calls(every, 2'000'000'000, Millis{1});
  EXPECT_EQ(take_tokens(kWrites, 5).tokens, 5);
}

TEST_P(StoreContract, NoTwoReplicasMayCallAtOnce) {
  world().limit_calls(kWrites, 10, Millis{10'000});
  EXPECT_EQ(take_tokens(kWrites, 5).tokens, 1);
  const TokenBlock next = take_tokens(kWrites, 5);
  EXPECT_EQ(next.tokens, 0);
  EXPECT_GT(next.ask_again, Millis{0});
  EXPECT_LE(next.ask_again, Millis{766});
  world().pass(Millis{1'016});
  EXPECT_EQ(take_tokens(kWrites, 5).tokens, 1);
}

TEST_P(StoreContract, WhatIsNotUsedLapses) {
  world().limit_calls(kWrites, 100, Millis{1'000});
  take_tokens(kWrites, 1);
  world().pass(Millis{60'000});
  EXPECT_EQ(take_tokens(kWrites, 1'000).tokens, 24);
}

TEST_P(StoreContract, EveryCallCountsTowardsTheGeneralLimit) {
  world().limit_calls(RateClass::general, 10, Millis{10'000});
  EXPECT_EQ(take_tokens(kWrites, 5).tokens, 1);
  EXPECT_EQ(take_tokens(RateClass::general, 5).tokens, 0);
  EXPECT_EQ(take_tokens(RateClass::um_read, 5).tokens, 0);
}

TEST_P(StoreContract, ARefusalStopsAllReplicasForAsLongAsWorkosAsked) {
  world().limit_calls(kWrites, 1'000, Millis{10'000});
  take_tokens(kWrites, 5);
  report_throttle({kWrites, 1, Millis{4'000}});
  const TokenBlock stopped = take_tokens(kWrites, 5);
  EXPECT_EQ(stopped.tokens, 0);
  EXPECT_GT(stopped.ask_again, Millis{1'000});
  EXPECT_LE(stopped.ask_again, Millis{3'750});
  EXPECT_EQ(take_tokens(RateClass::general, 5).tokens, 5);  // another limit
  world().pass(Millis{4'000});
  EXPECT_GT(take_tokens(kWrites, 5).tokens, 0);
}

TEST_P(StoreContract, WhatWorkosLetThroughIsTakenForWhatItAllows) {
  world().limit_calls(kWrites, 1'000, Millis{10'000});
  int given = 0;
  while (given < 200) {
    given += take_tokens(kWrites, 20).tokens;
    world().pass(Millis{210});
  }
  report_throttle({kWrites, 1, Millis{0}});
  world().pass(Millis{1'500});
  // 97 % of 200 in 10 s, of which 1.5 % is kept back.
  const auto every = take_tokens(kWrites, 1).every;
  EXPECT_GT(every, microseconds{45'000});
  EXPECT_LT(every, microseconds{58'000});
}

TEST_P(StoreContract, TheRefusalsOfOneBurstSlowOnce) {
  world().limit_calls(kWrites, 1'000, Millis{10'000});
  take_tokens(kWrites, 25);
  world().pass(Millis{250});
  take_tokens(kWrites, 25);
  report_throttle({kWrites, 1, Millis{0}});
  for (int i = 0; i < 5; ++i) report_throttle({kWrites, 1, Millis{0}});
  world().pass(Millis{1'200});
  EXPECT_LT(take_tokens(kWrites, 1).every, microseconds{350'000});
}

TEST_P(StoreContract, ASlowedClassComesBackByItself) {
  world().limit_calls(kWrites, 1'000, Millis{10'000});
  take_tokens(kWrites, 25);
  report_throttle({kWrites, 1, Millis{0}});
  world().pass(Millis{6'000});
  const auto soon = take_tokens(kWrites, 1).every;
  world().pass(Millis{40'000});
  const auto later = take_tokens(kWrites, 1).every;
  world().pass(Millis{60'000});
  EXPECT_GT(soon, 2 * later);
  EXPECT_EQ(take_tokens(kWrites, 1).every.count() / 10, 1'015);
}

}  // namespace
}  // namespace rolecall::contract
