#include "worker/core/verdict.hpp"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

Lease some_lease(int attempts = 0) {
  Lease lease;
  lease.subject = Subject{"member:o:u"};
  lease.kind = "member.push";
  lease.version = Version{7};
  lease.token = LeaseToken{70};
  lease.send = SendId{700};
  lease.attempts = attempts;
  return lease;
}

Settlement asked(Outcome outcome, std::optional<FailureClass> kind = std::nullopt,
                 Millis delay = 0ms, std::optional<Millis> retry_after = std::nullopt) {
  Settlement s;
  s.outcome = outcome;
  s.delay = delay;
  if (kind) {
    s.failure = Failure{.kind = *kind, .code = "c", .detail = "d"};
    s.failure->retry_after = retry_after;
  }
  return s;
}

struct Row {
  const char* name;
  Settlement asked;
  int attempts;
  double fraction;
  Millis at_least;
  Millis at_most;
};

class DelayTable : public testing::TestWithParam<Row> {};

TEST_P(DelayTable, GivesADelayWithinItsBounds) {
  const Row& row = GetParam();
  const Settlement s = verdict(some_lease(row.attempts), row.asked, Limits{}, row.fraction);
  EXPECT_GE(s.delay, row.at_least);
  EXPECT_LE(s.delay, row.at_most);
  EXPECT_EQ(s.outcome, row.asked.outcome);
}

using enum FailureClass;
INSTANTIATE_TEST_SUITE_P(
    Verdict, DelayTable,
    testing::Values(
        Row{"first_failure", asked(Outcome::retry, in_doubt), 0, 0.5, 500ms, 500ms},
        Row{"fourth_failure", asked(Outcome::retry, in_doubt), 3, 0.5, 4s, 4s},
        Row{"provider_fault_on_the_same_curve", asked(Outcome::retry, transient), 3, 0.5, 4s, 4s},
        Row{"capped", asked(Outcome::retry, in_doubt), 99, 0.999, 5h, 6h},
        Row{"retry_after_is_a_floor", asked(Outcome::retry, throttled, 0ms, 30s), 0, 0.5, 30s, 31s},
        Row{"retry_after_beyond_the_cap", asked(Outcome::retry, in_doubt, 0ms, 24h), 99, 0.1, 24h,
            24h + 1s},
        Row{"throttled_without_a_time", asked(Outcome::retry, throttled), 0, 0.0, 1s, 2s},
        Row{"what_was_asked_is_a_floor", asked(Outcome::retry, in_doubt, 20s), 0, 0.9, 20s, 20s},
        Row{"dependency_at_least", asked(Outcome::retry, missing_dependency), 0, 0.0, 5s, 5s},
        Row{"dependency_spread", asked(Outcome::retry, missing_dependency), 0, 0.999, 9s, 10s},
        Row{"dependency_at_most", asked(Outcome::retry, missing_dependency), 50, 0.999, 60s, 60s},
        Row{"no_failure_no_backoff", asked(Outcome::retry, std::nullopt, 300ms), 9, 0.9, 300ms,
            300ms},
        Row{"look_as_asked", asked(Outcome::look, in_doubt, 30s), 9, 0.9, 30s, 30s},
        Row{"first_look_as_asked", asked(Outcome::look, look_first, 30s), 0, 0.9, 30s, 30s},
        Row{"look_later_and_later", asked(Outcome::look, look_first, 30s), 9, 0.9, 460s, 461s},
        Row{"partial_as_asked", asked(Outcome::partial, std::nullopt, 2s), 9, 0.9, 2s, 2s},
        Row{"dead_has_no_delay", asked(Outcome::dead, rejected), 9, 0.9, 0ms, 0ms},
        Row{"never_negative", asked(Outcome::retry, std::nullopt, -5ms), 0, 0.5, 0ms, 0ms}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(Verdict, SettlesUnderTheLeaseWhateverTheWorkflowWrote) {
  Settlement wrong = asked(Outcome::delivered);
  wrong.subject = Subject{"another"};
  wrong.token = LeaseToken{1};
  wrong.send = SendId{2};
  const Settlement s = verdict(some_lease(), wrong, Limits{}, 0.5);
  EXPECT_EQ(s.subject, Subject{"member:o:u"});
  EXPECT_EQ(s.token, LeaseToken{70});
  EXPECT_EQ(s.send, SendId{700});
}

TEST(Verdict, LengthensTheBackoffAfterEveryFailureButAMissingDependency) {
  for (const auto kind : {FailureClass::transient, FailureClass::in_doubt, FailureClass::throttled,
                          FailureClass::unauthorised})
    EXPECT_TRUE(verdict(some_lease(), asked(Outcome::retry, kind), Limits{}, 0.5).counts)
        << name_of(kind);
  EXPECT_FALSE(
      verdict(some_lease(), asked(Outcome::retry, FailureClass::missing_dependency), Limits{}, 0.5)
          .counts);
  EXPECT_FALSE(verdict(some_lease(), asked(Outcome::retry), Limits{}, 0.5).counts);
}

TEST(Verdict, HoldsARowThatWasLeasedTwentyTimesWithoutAResult) {
  Lease lease = some_lease();
  lease.leases = 20;
  EXPECT_FALSE(poisoned(lease, Limits{}));
  lease.leases = 21;
  const auto s = poisoned(lease, Limits{});
  ASSERT_TRUE(s);
  EXPECT_EQ(s->outcome, Outcome::held);
  EXPECT_EQ(s->fate, SendFate::unsent);
  EXPECT_EQ(s->failure->kind, FailureClass::bug);
  EXPECT_EQ(s->failure->code, "poison");
  EXPECT_EQ(s->token, LeaseToken{70});
}

TEST(Verdict, GivesBackWithoutCountingAnAttempt) {
  const Settlement s = given_back(some_lease(), false);
  EXPECT_EQ(s.outcome, Outcome::retry);
  EXPECT_EQ(s.fate, SendFate::unsent);
  EXPECT_EQ(s.delay, 0ms);
  EXPECT_FALSE(s.counts);
  EXPECT_FALSE(s.failure);
}

TEST(Verdict, LeavesTheSendOpenWhenItIsGivenBackAfterAWrite) {
  EXPECT_EQ(given_back(some_lease(), true).fate, SendFate::open);
  EXPECT_EQ(broken(some_lease(), true, "c", "d").fate, SendFate::open);
}

}  // namespace
}  // namespace rolecall
