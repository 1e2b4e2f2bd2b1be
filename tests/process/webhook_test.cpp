// Webhooks that the emulator signs and sends, received by the program itself.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/http.hpp"
#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

class Webhooks : public ::testing::Test {
 protected:
  void start(const std::string& secrets) {
    worker =
        &stand.start_worker({{"WORKOS_WEBHOOK_SECRET", secrets}, {"ROLECALL_LOG_LEVEL", "debug"}});
    address = worker->address();
  }
  // The emulator signs with `secret` what happens from now on.
  void subscribe(const std::string& secret) {
    stand.control(
        "POST", "/_emulator/config",
        fmt::format(R"({{"webhook":{{"url":"http://{}/webhooks/workos","secret":"{}"}}}})", address,
                    secret));
  }
  void change_something() {
    stand.control("POST", "/_emulator/edit",
                  R"({"method":"POST","path":"/user_management/organization_memberships",)"
                  R"("body":{"organization_id":"org_1","user_id":"user_eve"}})");
  }
  HttpResponse post(const std::string& body) const {
    return http(address, {.method = "POST", .target = "/webhooks/workos", .body = body});
  }
  void until_counted(const std::string& result) {
    const auto sample = fmt::format("rolecall_webhooks_total{{result=\"{}\"}} ", result);
    stand.until(
        [&] {
          const auto text = http(address, {.target = "/metrics"}).body;
          const auto at = text.find(sample);
          return at != std::string::npos && text.at(at + sample.size()) != '0';
        },
        sample);
  }

  Stand stand{};
  Process* worker = nullptr;
  std::string address;
};

TEST_F(Webhooks, OfTheEmulatorAreAcceptedAndNudge) {
  start("whsec_old whsec_of_now");
  subscribe("whsec_of_now");
  change_something();
  until_counted("accepted");
  const auto line = worker->wait_for_line(" nudged ", std::chrono::seconds(20));
  EXPECT_NE(line.find("organization_membership.created"), std::string::npos) << line;
  EXPECT_EQ(worker->output().find("whsec_"), std::string::npos) << "a secret in the log";
}

TEST_F(Webhooks, ByAnotherSecretOrWithoutOneAreRefusedAndChangeNothing) {
  start("whsec_of_now");
  subscribe("whsec_of_another_endpoint");
  change_something();
  until_counted("refused");
  EXPECT_EQ(post("{}").status, 401);
  until_counted("unsigned");
  EXPECT_EQ(worker->output().find(" nudged "), std::string::npos);
}

TEST_F(Webhooks, AreRefusedWhereNoSecretIsConfigured) {
  start("");
  subscribe("whsec_of_now");
  change_something();
  until_counted("refused");
}

TEST_F(Webhooks, LargerThanTheServerReadsAreCounted) {
  start("whsec_of_now");
  EXPECT_EQ(post(std::string((1U << 20U) + 1, ' ')).status, 413);
  until_counted("too_large");
}

TEST_F(Webhooks, AreAnsweredWhileTheDatabaseIsStuck) {
  start("whsec_of_now");
  stand.db().sql("begin");
  stand.db().sql("lock table rolecall.provider_control, rolecall.outbox in access exclusive mode");
  subscribe("whsec_of_now");
  change_something();
  until_counted("accepted");
  stand.db().sql("rollback");
}

}  // namespace
}  // namespace rolecall::testing
