#include "worker/core/provider_tally.hpp"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

CallAnswer status(int code) {
  return HttpResponse{.status = code};
}
CallAnswer lost(FailureClass kind) {
  return Failure{.kind = kind, .code = "reset"};
}

TEST(ProviderTally, CountsAnswersThatShowWorkOsIsUp) {
  ProviderTally tally;
  for (int code : {200, 201, 204, 400, 404, 409, 422}) tally.count(status(code));
  EXPECT_EQ(tally.take().answered, 7);
}

// A read that is answered 403 says nothing about the key; were it good news, it would close the
// breaker of a key that WorkOS refuses everything.
TEST(ProviderTally, TakesA403ForNeitherGoodNorBadNewsUntilAWorkflowSaysWhichItIs) {
  ProviderTally tally;
  tally.count(status(403));
  EXPECT_FALSE(tally.worth_reporting(ProviderMode::unauthorised));
  const ProviderReport report = tally.take();
  EXPECT_EQ(report.answered + report.failed + report.unauthorised, 0);

  Settlement one_object;
  one_object.outcome = Outcome::held;
  one_object.failure = Failure{.kind = FailureClass::forbidden, .http_status = 403};
  tally.count(one_object);
  EXPECT_EQ(tally.take().answered, 1);
}

TEST(ProviderTally, CountsServerErrorsAndLostCallsAsFailures) {
  ProviderTally tally;
  for (int code : {500, 502, 503}) tally.count(status(code));
  tally.count(lost(FailureClass::transient));
  tally.count(lost(FailureClass::in_doubt));
  const ProviderReport report = tally.take();
  EXPECT_EQ(report.failed, 5);
  EXPECT_EQ(report.answered, 0);
  EXPECT_EQ(report.detail, "reset: ");
}

TEST(ProviderTally, TakesAThrottledCallForNeitherUpNorDown) {
  ProviderTally tally;
  tally.count(status(429));
  const ProviderReport report = tally.take();
  EXPECT_EQ(report.answered + report.failed + report.unauthorised, 0);
}

TEST(ProviderTally, CountsARefusedKeyOnceHoweverItShows) {
  ProviderTally tally;
  tally.count(status(401));
  Settlement by_status;
  by_status.failure = Failure{.kind = FailureClass::unauthorised};
  by_status.failure->http_status = 401;
  tally.count(by_status);
  EXPECT_EQ(tally.take().unauthorised, 1);

  Settlement whole_key;
  whole_key.failure = Failure{.kind = FailureClass::unauthorised};
  whole_key.failure->http_status = 403;
  tally.count(whole_key);
  EXPECT_EQ(tally.take().unauthorised, 1);
}

TEST(ProviderTally, ReportsGoodNewsOnlyToABreakerThatIsNotClosed) {
  ProviderTally tally;
  EXPECT_FALSE(tally.worth_reporting(ProviderMode::open));
  tally.count(status(200));
  EXPECT_FALSE(tally.worth_reporting(ProviderMode::up));
  EXPECT_TRUE(tally.worth_reporting(ProviderMode::open));
  tally.count(status(500));
  EXPECT_TRUE(tally.worth_reporting(ProviderMode::up));
}

TEST(ProviderTally, CountsAgainWhatCouldNotBeReported) {
  ProviderTally tally;
  tally.count(status(500));
  const ProviderReport lost_report = tally.take();
  EXPECT_FALSE(tally.worth_reporting(ProviderMode::up));
  tally.count(status(503));
  tally.put_back(lost_report);
  const ProviderReport report = tally.take();
  EXPECT_EQ(report.failed, 2);
  EXPECT_EQ(report.detail, "HTTP 503");
}

}  // namespace
}  // namespace rolecall
