#include "worker/app/health.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace rolecall {
namespace {

const Routes kRoutes{.health = [] { return Health{.unreachable = std::nullopt}; },
                     .metrics = [] { return std::string("rolecall_ready 1\n"); }};

boost::json::object body_of(const HttpResponse& answer) {
  return boost::json::parse(answer.body).as_object();
}

TEST(Health, IsAliveWhateverTheDatabaseSays) {
  const Routes routes{.health = [] { return Health{.unreachable = "connection refused"}; },
                      .metrics = kRoutes.metrics};
  EXPECT_EQ(route(routes, {.target = "/healthz"}).status, 200);
  EXPECT_EQ(route(routes, {.target = "/readyz"}).status, 503);
}

TEST(Health, IsReadyWhenTheDatabaseIsInReach) {
  const auto answer = ready_answer({.unreachable = std::nullopt, .provider_state = "up"});
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(body_of(answer).at("ready").as_bool());
  EXPECT_EQ(body_of(answer).at("provider").as_string(), "up");
  EXPECT_FALSE(body_of(answer).contains("reason"));
}

TEST(Health, IsNotReadyBeforeTheFirstLookAndSaysWhy) {
  const auto answer = ready_answer({});
  EXPECT_EQ(answer.status, 503);
  EXPECT_FALSE(body_of(answer).at("ready").as_bool());
  EXPECT_FALSE(body_of(answer).at("reason").as_string().empty());
}

TEST(Health, IsNotReadyWhenALookHangsOrTheStoreOnlyFails) {
  using std::chrono_literals::operator""s;
  const Instant now{100s};
  const Health newest{.unreachable = std::nullopt};
  EXPECT_FALSE(at(now, newest, {}).unreachable);
  EXPECT_FALSE(
      at(now, newest, {.look_since = now - 5s, .store_failing_since = now - 5s}).unreachable);
  const auto hangs = at(now, newest, {.look_since = now - 6s}).unreachable;
  EXPECT_EQ(hangs.value_or(""), "the database has not answered for 6 s");
  EXPECT_TRUE(at(now, newest, {.store_failing_since = now - 6s}).unreachable);
  EXPECT_EQ(at(now, {.unreachable = "refused"}, {.look_since = now - 6s}).unreachable, "refused");
}

TEST(Health, IsReadyWithTheReasonWhileTheProviderIsPausedOrRefusesTheKey) {
  for (const auto* state : {"paused", "unauthorised", "open"}) {
    const auto answer = ready_answer(
        {.unreachable = std::nullopt, .provider_state = state, .provider_detail = "because"});
    EXPECT_EQ(answer.status, 200);
    const std::string reason(body_of(answer).at("reason").as_string());
    EXPECT_NE(reason.find(state), std::string::npos);
    EXPECT_NE(reason.find("because"), std::string::npos);
  }
}

TEST(Health, FollowsTheProvidersChangesBetweenLooks) {
  Health health{.unreachable = std::nullopt, .provider_state = "up"};
  HealthObserver observer(health);
  observer.on({.what = Trace::settled, .code = "dead"});
  EXPECT_EQ(health.provider_state, "up");
  observer.on({.what = Trace::provider_changed, .code = "unauthorised", .detail = "the key"});
  const auto answer = ready_answer(health);
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("unauthorised: the key"), std::string::npos) << answer.body;
}

TEST(Health, SaysThatItDrains) {
  EXPECT_TRUE(body_of(ready_answer({.unreachable = std::nullopt, .draining = true}))
                  .at("draining")
                  .as_bool());
}

TEST(Routes, ServesMetricsInTheTextFormat) {
  const auto answer = route(kRoutes, {.target = "/metrics?x=y"});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(answer.body, "rolecall_ready 1\n");
}

TEST(Routes, KnowsNoOtherPathAndNoOtherMethod) {
  EXPECT_EQ(route(kRoutes, {.target = "/"}).status, 404);
  EXPECT_EQ(route(kRoutes, {.target = "/metrics/"}).status, 404);
  EXPECT_EQ(route(kRoutes, {.method = "POST", .target = "/metrics"}).status, 405);
  EXPECT_EQ(route(kRoutes, {.method = "HEAD", .target = "/healthz"}).status, 200);
}

}  // namespace
}  // namespace rolecall
