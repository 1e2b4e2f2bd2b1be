#include "worker/app/webhook_door.hpp"

#include <gtest/gtest.h>

#include "tests/emulator/signature.hpp"
#include "worker/app/database_time.hpp"
#include "worker/app/health.hpp"
#include "worker/app/wiring.hpp"

namespace rolecall {
namespace {

constexpr std::int64_t kNow = 1'768'478'400'000;
const std::string kEvent = R"({"id":"event_1","event":"role.updated","created_at":"then"})";

struct WebhookDoorTest : ::testing::Test, Observer {
  std::vector<TraceEvent> seen;
  std::vector<workos::WebhookNudge> nudges;
  std::vector<std::string> secrets{"whsec_1", "whsec_2"};

  void on(const TraceEvent& event) override { seen.push_back(event); }

  WebhookDoor door() {
    Config config;
    for (const auto& secret : secrets) config.webhook_secrets.emplace_back(secret);
    return {webhook_trust(config), *this,
            [this](const workos::WebhookNudge& nudge) { nudges.push_back(nudge); }};
  }
  HttpResponse answer(const HttpRequest& request) {
    auto here = door();
    const Routes routes{
        .health = [] { return Health{}; },
        .metrics = [] { return std::string(); },
        .webhook =
            [&](const HttpRequest& webhook) {
              return here.answer(webhook, WallTime{Millis{kNow}});
            },
    };
    return route(routes, request);
  }
  static HttpRequest webhook(const std::string& body, const std::string& secret = "whsec_1") {
    return {.method = "POST",
            .target = "/webhooks/workos",
            .headers = {{"workos-signature", emulator::sign_webhook(secret, kNow, body)}},
            .body = body};
  }
  std::string counted() const { return seen.size() == 1 ? seen[0].code : "not once"; }
};

TEST_F(WebhookDoorTest, TakesAWebhookAtBothPathsAndSaysNothing) {
  for (const auto* target :
       {"/webhooks/workos", "/rpc/external.receiveWorkOSWebhook", "/webhooks/workos?from=workos"}) {
    seen.clear();
    auto request = webhook(kEvent);
    request.target = target;
    const auto said = answer(request);
    EXPECT_EQ(said.status, 204) << target;
    EXPECT_EQ(said.body, "");
    EXPECT_EQ(counted(), "accepted");
    EXPECT_EQ(seen[0].detail, "role.updated");
  }
  EXPECT_EQ(nudges.size(), 3U);
  EXPECT_EQ(nudges[0], (workos::WebhookNudge{"event_1", "role.updated", "then"}));
}

TEST_F(WebhookDoorTest, TakesWhatEitherSecretSigned) {
  EXPECT_EQ(answer(webhook(kEvent, "whsec_2")).status, 204);
  EXPECT_EQ(nudges.size(), 1U);
}

TEST_F(WebhookDoorTest, RefusesWithoutNudgingAndCountsWhy) {
  auto no_header = webhook(kEvent);
  no_header.headers.clear();
  auto changed = webhook(kEvent);
  changed.body += " ";
  const std::tuple<HttpRequest, int, const char*> cases[]{
      {no_header, 401, "unsigned"},
      {changed, 401, "refused"},
      {webhook(kEvent, "whsec_3"), 401, "refused"},
      {webhook("{}"), 400, "malformed"},
      {webhook(""), 400, "malformed"},
  };
  for (const auto& [request, status, result] : cases) {
    seen.clear();
    EXPECT_EQ(answer(request).status, status) << result;
    EXPECT_EQ(counted(), result);
  }
  EXPECT_TRUE(nudges.empty());
}

TEST_F(WebhookDoorTest, RefusesEverythingWhereNoSecretIsConfigured) {
  secrets.clear();
  EXPECT_EQ(answer(webhook(kEvent, "")).status, 401);
  EXPECT_EQ(answer(webhook(kEvent)).status, 401);
  EXPECT_EQ(seen[0].detail, "no_secret");
}

TEST_F(WebhookDoorTest, DoesNotTellTheSenderWhichPartWasWrong) {
  auto stale = webhook(kEvent);
  stale.headers["workos-signature"] = emulator::sign_webhook("whsec_1", kNow - 999'999, kEvent);
  EXPECT_EQ(answer(stale), answer(webhook(kEvent, "whsec_3")));
  EXPECT_EQ(seen[0].detail, "too_old");
  EXPECT_EQ(seen[1].detail, "signature");
}

TEST_F(WebhookDoorTest, NoTraceHoldsASecretOrWhatAStrangerSent) {
  auto request = webhook("{\"id\":\"stranger\"}", "whsec_3");
  answer(request);
  request.headers["workos-signature"] = "t=stranger";
  answer(request);
  for (const auto& event : seen)
    for (const auto& text : {event.code, event.detail}) {
      EXPECT_EQ(text.find("whsec"), std::string::npos) << text;
      EXPECT_EQ(text.find("stranger"), std::string::npos) << text;
    }
}

TEST_F(WebhookDoorTest, AllowsPostOnly) {
  for (const auto* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
    auto request = webhook(kEvent);
    request.method = method;
    const auto said = answer(request);
    EXPECT_EQ(said.status, 405) << method;
    EXPECT_EQ(said.headers.at("allow"), "POST");
  }
  EXPECT_TRUE(nudges.empty());
  EXPECT_TRUE(seen.empty());
}

TEST_F(WebhookDoorTest, KnowsNoOtherPath) {
  for (const auto* target : {"/webhooks", "/webhooks/workos/", "/rpc", "/Webhooks/workos"}) {
    auto request = webhook(kEvent);
    request.target = target;
    EXPECT_EQ(answer(request).status, 404) << target;
  }
}

TEST_F(WebhookDoorTest, CountsABodyThatWasTooLargeToBeReadIfItWasAWebhook) {
  door().too_large({.method = "POST", .target = "/metrics"});
  EXPECT_TRUE(seen.empty());
  door().too_large({.method = "POST", .target = "/webhooks/workos?x"});
  EXPECT_EQ(counted(), "too_large");
}

TEST(DatabaseTime, GoesOnFromTheNewestLook) {
  DatabaseTime time;
  const auto wall = [](std::int64_t millis) { return WallTime{Millis{millis}}; };
  const auto instant = [](std::int64_t millis) { return Instant{Millis{millis}}; };
  time.looked(wall(kNow), instant(5'000));
  EXPECT_EQ(time.at(instant(5'000)), wall(kNow));
  EXPECT_EQ(time.at(instant(7'500)), wall(kNow + 2'500));
  time.looked(wall(kNow - 60'000), instant(8'000));
  EXPECT_EQ(time.at(instant(8'001)), wall(kNow - 59'999));
}

}  // namespace
}  // namespace rolecall
