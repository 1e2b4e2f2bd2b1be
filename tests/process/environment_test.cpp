// `rolecall run` with a key of another environment: nothing may be written there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kLong = std::chrono::seconds(60);

class OtherEnvironment : public ::testing::Test {
 protected:
  void link_elsewhere() {
    stand.db().sql("update rolecall.organizations set workos_organization_id = 'org_elsewhere'");
    stand.db().sql("select rolecall.create_role('acme', 'Billing')");
  }
  void expect_start(std::map<std::string, std::string> settings = {}) {
    auto& worker = stand.start_worker(std::move(settings));
    worker.wait_for_line("session_opened", kLong);
    worker.signal(SIGTERM);
    EXPECT_EQ(worker.wait(kLong), 0) << worker.output();
  }
  Stand stand{};
};

TEST_F(OtherEnvironment, IsRefusedBeforeAnythingIsWritten) {
  link_elsewhere();
  const auto result = stand.rolecall({"run"});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("org_elsewhere"));
  EXPECT_THAT(result.output, HasSubstr("--accept-environment"));
  EXPECT_THAT(result.output, Not(HasSubstr("sk_test")));
  const auto log = stand.control("GET", "/_emulator/log");
  EXPECT_THAT(log, HasSubstr("/organizations/org_elsewhere"));
  for (const auto* method : {"POST", "PUT", "PATCH", "DELETE"})
    EXPECT_THAT(log, Not(HasSubstr("\"method\":\"" + std::string(method)))) << log;
  EXPECT_EQ(stand.db().value("select count(*) from rolecall.worker_sessions"), "0");
}

TEST_F(OtherEnvironment, IsAcceptedOnDemand) {
  link_elsewhere();
  expect_start({{"ROLECALL_ACCEPT_ENVIRONMENT", "true"}});
}

TEST_F(OtherEnvironment, IsNotSuspectedWhereOneOrganizationIsThere) {
  link_elsewhere();
  stand.db().sql("select rolecall.upsert_organization('acme-2', 'Acme', 'org_1')");
  expect_start();
}

TEST_F(OtherEnvironment, IsNotSuspectedBeforeAnythingIsLinked) {
  stand.db().sql("update rolecall.organizations set workos_organization_id = null");
  expect_start();
}

TEST_F(OtherEnvironment, IsNotJudgedByOrganizationsThatAreSwitchedOff) {
  link_elsewhere();
  stand.db().sql("update rolecall.organizations set disabled_at = now()");
  expect_start();
}

TEST_F(OtherEnvironment, AWorkosThatCannotBeReachedStopsNoWorker) {
  link_elsewhere();
  expect_start({{"WORKOS_API_BASE_URL", "http://127.0.0.1:1"}});
}

TEST_F(OtherEnvironment, ABudgetThatIsUsedUpStopsNoWorker) {
  link_elsewhere();
  stand.db().sql("select rolecall.upsert_organization('acme-2', 'Acme', 'org_elsewhere_2')");
  stand.db().sql("update rolecall.provider_budgets set limit_calls = 2, per_ms = 3600000");
  auto& worker = stand.start_worker();
  EXPECT_THAT(worker.wait_for_line("environment_not_checked", kLong), HasSubstr("no_turn"));
  worker.wait_for_line("session_opened", kLong);
}

class Unclear : public OtherEnvironment, public ::testing::WithParamInterface<const char*> {};

TEST_P(Unclear, AnswersStopNoWorker) {
  link_elsewhere();
  stand.fault("GET", "/organizations/.*", GetParam());
  auto& worker = stand.start_worker();
  worker.wait_for_line("environment_not_checked", kLong);
  worker.wait_for_line("session_opened", kLong);
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait(kLong), 0) << worker.output();
}

INSTANTIATE_TEST_SUITE_P(Answers, Unclear,
                         ::testing::Values("status", "html", "reset", "stall", "empty"));

TEST_F(OtherEnvironment, AWorkerNeedsNoRightsOnTheTable) {
  link_elsewhere();
  const auto result =
      stand.rolecall({"run"}, {{"DATABASE_URL", stand.db().url_as("rolecall_worker")}});
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("org_elsewhere"));
}

}  // namespace
}  // namespace rolecall::testing
