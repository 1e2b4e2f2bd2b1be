#include "worker/core/call_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rolecall {
namespace {

using std::chrono_literals::operator""ms;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct CallLineStory : ::testing::Test {
  CallLine line{Limits{}};
  Instant now{std::chrono::seconds{100}};

  std::vector<CallLine::Ticket> turns() { return line.next(now).turns; }
  void grant(int tokens, Millis first_in, Millis every) {
    line.granted(now, {.tokens = tokens, .first_in = first_in, .every = every});
  }
};

TEST_F(CallLineStory, AsksForAsManyTokensAsThereAreCallers) {
  EXPECT_EQ(line.next(now).ask, 0);
  line.join(1);
  line.join(1);
  EXPECT_EQ(line.next(now).ask, 2);
  line.join(1);
  EXPECT_EQ(line.next(now).ask, 0) << "the first question is not answered yet";
  grant(2, 0ms, 0ms);
  const auto next = line.next(now);
  EXPECT_THAT(next.turns, ElementsAre(1u, 2u));
  EXPECT_EQ(next.ask, 1);
}

TEST_F(CallLineStory, LetsThemCallAtTheTokensDistance) {
  for (int i = 0; i < 3; ++i) line.join(1);
  line.next(now);
  grant(3, 10ms, 20ms);
  EXPECT_THAT(turns(), IsEmpty());
  EXPECT_EQ(line.next(now).look_again, now + 10ms);
  now += 10ms;
  EXPECT_THAT(turns(), ElementsAre(1u));
  EXPECT_THAT(turns(), IsEmpty());
  EXPECT_EQ(line.next(now).look_again, now + 20ms);
  now += 20ms;
  EXPECT_THAT(turns(), ElementsAre(2u));
}

TEST_F(CallLineStory, RevocationsComeFirst) {
  const auto bulk = line.join(2);
  const auto grant_of_role = line.join(1);
  const auto revocation = line.join(0);
  const auto second_revocation = line.join(0);
  line.next(now);
  grant(4, 0ms, 0ms);
  EXPECT_THAT(turns(), ElementsAre(revocation, second_revocation, grant_of_role, bulk));
}

TEST_F(CallLineStory, WhoHasLeftHasNoTurn) {
  const auto first = line.join(1);
  const auto second = line.join(1);
  line.next(now);
  line.leave(first);
  grant(2, 0ms, 0ms);
  EXPECT_THAT(turns(), ElementsAre(second));
  EXPECT_TRUE(line.idle());
}

TEST_F(CallLineStory, ATokenThatComesLateLapses) {
  line.join(1);
  line.join(1);
  line.next(now);
  grant(2, 0ms, 200ms);
  now += 250ms;  // the first is 250 ms late, the second 50 ms
  EXPECT_THAT(turns(), ElementsAre(1u));
  EXPECT_THAT(turns(), IsEmpty());
}

TEST_F(CallLineStory, WithoutTokensItAsksAgainWhenToldTo) {
  line.join(1);
  line.next(now);
  line.granted(now, {.ask_again = 300ms});
  EXPECT_EQ(line.next(now).ask, 0);
  EXPECT_EQ(line.next(now).look_again, now + 300ms);
  now += 300ms;
  EXPECT_EQ(line.next(now).ask, 1);
}

TEST_F(CallLineStory, AQuestionThatFailedIsAskedAgainAfterAPause) {
  line.join(1);
  line.next(now);
  line.failed(now, 0.5);
  const auto next = line.next(now);
  EXPECT_EQ(next.ask, 0);
  ASSERT_TRUE(next.look_again);
  now = *next.look_again;
  EXPECT_EQ(line.next(now).ask, 1);
}

TEST_F(CallLineStory, ARefusalStopsAllAndVoidsEveryToken) {
  for (int i = 0; i < 4; ++i) line.join(1);
  line.next(now);
  grant(2, 0ms, 10ms);
  EXPECT_THAT(turns(), ElementsAre(1u));
  EXPECT_EQ(line.next(now).ask, 0);
  line.throttled(now, 1'000ms);
  grant(4, 0ms, 0ms);  // asked for before the refusal
  now += 999ms;
  EXPECT_THAT(turns(), IsEmpty());
  now += 1ms;
  const auto next = line.next(now);
  EXPECT_THAT(next.turns, IsEmpty());
  EXPECT_EQ(next.ask, 3);
}

}  // namespace
}  // namespace rolecall
