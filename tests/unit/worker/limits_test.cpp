#include "worker/core/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rolecall {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Limits, AreSoundAsTheyComeByDefault) {
  EXPECT_THAT(problems(Limits{}), IsEmpty());
}

TEST(Limits, RefuseALeaseThatCannotOutliveItsLongestCall) {
  Limits limits;
  limits.lease_time_ms = 12'000;
  EXPECT_THAT(problems(limits),
              ElementsAre(AllOf(HasSubstr("call_deadline_ms + settle_margin_ms (15000)"),
                                HasSubstr("lease_time_ms (12000)"))));
}

TEST(Limits, RefuseAProofOfLifeOlderThanWhatOthersWaitBeforeTheyFreeOurRows) {
  Limits limits;
  limits.session_answer_ms = 750;
  EXPECT_THAT(problems(limits), ElementsAre(HasSubstr("rescue grace (750)")));
}

TEST(Limits, RefuseADrainThatIsShorterThanACall) {
  Limits limits;
  limits.drain_ms = 9'999;
  EXPECT_THAT(problems(limits), ElementsAre(HasSubstr("drain_ms (9999)")));
}

TEST(Limits, NameEveryViolatedRelationAtOnce) {
  Limits limits;
  limits.concurrency = 0;
  limits.backoff_first_ms = limits.backoff_last_ms + 1;
  limits.session_check_ms = 400;
  EXPECT_THAT(problems(limits),
              ElementsAre(HasSubstr("concurrency (0)"), HasSubstr("session_check_ms (400)"),
                          HasSubstr("backoff_first_ms")));
}

}  // namespace
}  // namespace rolecall
