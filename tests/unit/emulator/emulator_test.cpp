// What stands around the model: keys, bodies, faults, limits, the control face.
#include <gmock/gmock.h>

#include "tests/emulator/options.hpp"
#include "tests/emulator/signature.hpp"
#include "tests/emulator/times.hpp"
#include "tests/unit/emulator/environment.hpp"

namespace rolecall::emulator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

class Surroundings : public Environment {
 protected:
  Answer with_key(const std::string& header) {
    const HttpRequest request{.target = "/organizations", .headers = {{"authorization", header}}};
    return read(emulator_.model().handle(request, now_));
  }
  Answer put_fault(const std::string& body) { return control("POST", "/_emulator/faults", body); }
};

TEST_F(Surroundings, AKeyMustBeginWithSkTest) {
  EXPECT_EQ(with_key("Bearer sk_test_anything").status, 200);
  for (const char* header : {"", "Bearer sk_live_x", "Bearer ", "sk_test_x", "Basic sk_test_x"}) {
    const Answer refused = with_key(header);
    EXPECT_EQ(refused.status, 401) << header;
    EXPECT_EQ(refused.code(), "unauthorized");
  }
  const Answer none = read(emulator_.model().handle({.target = "/organizations"}, now_));
  EXPECT_EQ(none.status, 401);
}

TEST(NamedKey, IsTheOnlyOneAccepted) {
  WorkosModel model{{.api_key = "sk_test_one"}};
  const auto status = [&](std::string key) {
    return model.handle({.target = "/organizations", .headers = {{"authorization", key}}}, {})
        .status;
  };
  EXPECT_EQ(status("Bearer sk_test_one"), 200);
  EXPECT_EQ(status("Bearer sk_test_two"), 401);
}

TEST_F(Surroundings, EveryAnswerHasItsRequestId) {
  const std::string first = call("GET", "/organizations").headers.at("x-request-id");
  EXPECT_THAT(first, MatchesRegex("req_[0-9A-Z]{26}"));
  EXPECT_NE(call("GET", "/nowhere").headers.at("x-request-id"), first);
  put_fault(R"({"action":"status","status":500,"count":1})");
  EXPECT_TRUE(call("GET", "/organizations").headers.contains("x-request-id"));
}

TEST_F(Surroundings, ABodyMustBeAJsonObjectOfAtMostOneMebibyte) {
  for (const char* body : {"{", "[]", "7", "not json"}) {
    const Answer refused = call("POST", "/organizations", body);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.code(), "bad_request");
  }
  EXPECT_EQ(call("POST", "/organizations", std::string(kBodyLimit + 1, ' ')).status, 413);
}

TEST_F(Surroundings, AnUnknownPathIsNotFound) {
  for (const char* path : {"/", "/organizations/", "/organizations/org_acme/more", "/authorization",
                           "/organizations//"})
    EXPECT_EQ(call("GET", path).status, 404) << path;
  EXPECT_EQ(call("PUT", "/authorization/roles/admin", "{}").status, 404);
}

TEST_F(Surroundings, FaultsAreTriedInTheirOrderAndTheFirstThatFiresWins) {
  put_fault(R"([{"match":{"method":"GET","path":"/organizations"},"action":"status","status":500,
                 "count":2},
                {"match":{"path":"/organ.*"},"action":"status","status":429,"retry_after":2}])");
  EXPECT_EQ(call("GET", "/organizations").status, 500);
  EXPECT_EQ(call("GET", "/organizations?limit=5").status, 500);
  const Answer busy = call("GET", "/organizations");
  EXPECT_EQ(busy.status, 429);
  EXPECT_EQ(busy.headers.at("retry-after"), "2");
  EXPECT_EQ(busy.code(), "rate_limit_exceeded");
  EXPECT_EQ(call("GET", "/user_management/users").status, 200);
  EXPECT_EQ(control("GET", "/_emulator/faults").at("/faults/0/fired"), 2);
  control("DELETE", "/_emulator/faults");
  EXPECT_EQ(call("GET", "/organizations").status, 200);
}

TEST_F(Surroundings, AFaultMatchesTheWholeRequestLine) {
  put_fault(R"({"match":{"method":"P","path":"/organ"},"action":"status"})");
  EXPECT_EQ(call("POST", "/organizations", R"({"name":"x"})").status, 201);
  put_fault(R"({"match":{"path":"/organizations\\?limit=7"},"action":"status"})");
  EXPECT_EQ(call("GET", "/organizations?limit=7").status, 503);
  EXPECT_EQ(call("GET", "/organizations").status, 200);
}

TEST_F(Surroundings, AFaultFiresAsOftenAsItsProbabilitySays) {
  put_fault(R"({"action":"status","probability":0.25})");
  emulator_.rate_limits().configure({.on = false});
  int fired = 0;
  for (int i = 0; i < 4000; ++i) fired += call("GET", "/organizations/org_acme").status == 503;
  EXPECT_NEAR(fired, 1000, 120);
}

TEST_F(Surroundings, AFaultThatCannotBeUnderstoodIsRefused) {
  for (const char* fault :
       {R"({"action":"explode"})", R"({"action":"reset","probability":2})", "7",
        R"({"action":"reset","match":{"path":"("}})", "{", R"({"action":"status","status":99})"})
    EXPECT_EQ(put_fault(fault).status, 400) << fault;
  EXPECT_THAT(emulator_.faults().rules(), IsEmpty());
}

TEST_F(Surroundings, EveryActionHasAName) {
  for (int i = 0; i <= static_cast<int>(FaultAction::empty); ++i) {
    const auto action = static_cast<FaultAction>(i);
    EXPECT_EQ(fault_action_of(name_of(action)), action);
  }
}

TEST_F(Surroundings, TheLogTellsWhatWasAppliedAndWhatWasAnswered) {
  call("POST", "/organizations", R"({"name":"x"})");
  call("GET", "/organizations/org_no");
  put_fault(R"({"action":"status","status":502})");
  call("DELETE", "/organizations/org_acme");
  const Answer log = control("GET", "/_emulator/log");
  EXPECT_THAT(log.at("/requests").as_array(), SizeIs(3));
  EXPECT_EQ(log.at("/requests/0/seq"), 1);
  EXPECT_EQ(log.text("/requests/0/at"), "2026-01-15T12:00:00.000Z");
  EXPECT_EQ(log.text("/requests/0/method"), "POST");
  EXPECT_EQ(log.text("/requests/0/body"), R"({"name":"x"})");
  EXPECT_EQ(log.at("/requests/0/applied"), true);
  EXPECT_EQ(log.at("/requests/1/status"), 404);
  EXPECT_EQ(log.at("/requests/1/applied"), false);
  EXPECT_EQ(log.at("/requests/2/status"), 502);
  EXPECT_EQ(log.at("/requests/2/applied"), false);
  EXPECT_EQ(log.text("/requests/2/path"), "/organizations/org_acme");
  EXPECT_THAT(control("GET", "/_emulator/log?after=2").at("/requests").as_array(), SizeIs(1));
  EXPECT_EQ(boost::json::serialize(log.body).find("sk_test"), std::string::npos);
}

TEST_F(Surroundings, SlidingWindowsLetNothingThroughBeyondTheLimit) {
  control("POST", "/_emulator/config", R"({"rate_limits":{"um_write":[3,10],"um_read":[2,10]}})");
  const auto write = [&] { return call("PUT", "/user_management/users/user_ada", "{}"); };
  EXPECT_EQ(write().status, 200);
  pass(std::chrono::seconds{4});
  write();
  write();
  const Answer refused = write();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.at("retry-after"), "6");
  EXPECT_EQ(boost::json::serialize(refused.body),
            R"({"message":"Too many requests.","code":"rate_limit_exceeded"})");
  EXPECT_EQ(call("GET", "/user_management/users").status, 200);
  EXPECT_EQ(call("GET", "/authorization/roles").status, 200);
  pass(std::chrono::seconds{6});
  EXPECT_EQ(write().status, 200);
  EXPECT_EQ(write().status, 429);
}

TEST_F(Surroundings, PublishedLimitsAreInForceByDefaultAndCanBeSwitchedOff) {
  for (int i = 0; i < 500; ++i) call("PUT", "/user_management/users/user_ada", "{}");
  EXPECT_EQ(call("PUT", "/user_management/users/user_ada", "{}").status, 429);
  for (int i = 0; i < 50; ++i) call("DELETE", "/organizations/org_no");
  EXPECT_EQ(call("DELETE", "/organizations/org_acme").status, 429);
  control("POST", "/_emulator/config", R"({"rate_limits":"off"})");
  EXPECT_EQ(call("DELETE", "/organizations/org_acme").status, 200);
  EXPECT_EQ(control("POST", "/_emulator/config", R"({"rate_limits":{"other":[1,1]}})").status, 400);
}

TEST_F(Surroundings, ASeedAndTheStateHaveOneShape) {
  add_role("org_acme", "org-lead");
  add_member("org_acme", "user_ada", "org-lead");
  const std::string before = boost::json::serialize(control("GET", "/_emulator/state").body);
  control("POST", "/_emulator/reset");
  EXPECT_EQ(control("GET", "/_emulator/state").at("/memberships").as_array().size(), 0u);
  EXPECT_EQ(control("POST", "/_emulator/seed", before).status, 200);
  const Answer after = control("GET", "/_emulator/state");
  EXPECT_EQ(after.text("/memberships/0/role_slugs/0"), "org-lead");
  EXPECT_EQ(after.text("/memberships/0/user_id"), "user_ada");
  EXPECT_EQ(after.text("/roles/2/organization_id"), "org_acme");
  EXPECT_EQ(after.at("/organizations"), boost::json::parse(before).at("organizations"));
  EXPECT_THAT(new_events(), IsEmpty());
}

TEST_F(Surroundings, ASeedWithAMistakeChangesNothingAndSaysWhereItIs) {
  const auto seed = [&](const std::string& text) {
    const Answer refused = control("POST", "/_emulator/seed", text);
    EXPECT_EQ(refused.status, 400);
    return refused.text("/message");
  };
  EXPECT_THAT(seed(R"({"organizations":[{"id":"org_new","name":"N"}],
                       "users":[{"id":"u"}]})"),
              HasSubstr("users[0] needs a string \"email\""));
  EXPECT_THAT(seed(R"({"memberships":[{"user_id":"user_ada","organization_id":"org_acme",
                       "role_slugs":["nobody"]}]})"),
              HasSubstr("no role nobody"));
  EXPECT_THAT(seed(R"({"roles":[{"slug":"a","name":"A","organization_id":"org_no"}]})"),
              HasSubstr("no organization org_no"));
  EXPECT_THAT(seed("{"), HasSubstr("JSON"));
  EXPECT_EQ(call("GET", "/organizations/org_new").status, 404);
}

TEST_F(Surroundings, AResetBringsTheStartBack) {
  put_fault(R"({"action":"reset"})");
  control("POST", "/_emulator/config", R"({"multiple_roles":true,"event_delay_ms":5})");
  control("POST", "/_emulator/outage", R"({"seconds":10})");
  control("POST", "/_emulator/reset");
  EXPECT_EQ(call("GET", "/organizations/org_acme").status, 200);
  EXPECT_FALSE(emulator_.state().multiple_roles);
  EXPECT_EQ(emulator_.state().event_delay, Millis{0});
  EXPECT_THAT(emulator_.log(), SizeIs(1));
}

TEST_F(Surroundings, TheControlFaceRefusesWhatItDoesNotKnow) {
  EXPECT_EQ(control("GET", "/_emulator/nothing").status, 404);
  EXPECT_EQ(control("POST", "/_emulator/faults", "{").status, 400);
  EXPECT_EQ(control("POST", "/_emulator/nothing", "{}").status, 404);
  EXPECT_EQ(control("POST", "/_emulator/outage", "{}").status, 400);
  EXPECT_EQ(control("POST", "/_emulator/config", "[]").status, 400);
}

TEST_F(Surroundings, WebhooksCarryWhatHappensAfterTheyWereConfigured) {
  add_role("org_acme", "org-before");
  control("POST", "/_emulator/config",
          R"({"webhook":{"url":"http://127.0.0.1:1/w","secret":"s"}})");
  EXPECT_THAT(emulator_.take_webhooks(), IsEmpty());
  add_role("org_acme", "org-after");
  const auto deliveries = emulator_.take_webhooks();
  ASSERT_THAT(deliveries, SizeIs(1));
  EXPECT_EQ(deliveries[0].target.secret, "s");
  EXPECT_THAT(deliveries[0].body, HasSubstr("org-after"));
  EXPECT_THAT(emulator_.take_webhooks(), IsEmpty());
}

TEST(WebhookSignature, IsAnHmacOverTheMillisecondsAndTheBody) {
  // printf '1700000000000.{"id":"event_1"}' | openssl dgst -sha256 -hmac whsec_test
  EXPECT_EQ(sign_webhook("whsec_test", 1'700'000'000'000, R"({"id":"event_1"})"),
            "t=1700000000000, v1=30a6f605be4dab3923a1a63a7a1dda4f71dd708d22487fa8e80d2a8aaf21bcdd");
}

TEST(Times, AreWrittenWithMillisecondsAndReadInEveryUsualForm) {
  const WallTime time = std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} +
                        std::chrono::hours{12} + std::chrono::microseconds{1'234'999};
  EXPECT_EQ(format_time(time), "2026-01-15T12:00:01.234Z");
  EXPECT_EQ(format_http_date(time), "Thu, 15 Jan 2026 12:00:01 GMT");
  EXPECT_EQ(parse_time("2026-01-15T12:00:01.234999Z"), time);
  EXPECT_EQ(parse_time("2026-01-15 14:00:01.234999+02:00"), time);
  EXPECT_EQ(parse_time("2026-01-15"),
            time - std::chrono::hours{12} - std::chrono::microseconds{1'234'999});
  for (const char* text : {"", "2026", "2026-13-01", "2026-01-15T", "2026-01-15T12:00", "x",
                           "2026-01-15T12:00:00.Z", "2026-01-15T12:00:00Zz", "2026-02-30"})
    EXPECT_FALSE(parse_time(text)) << text;
}

std::variant<ProgramOptions, Exit> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "workos-emulator");
  return read_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLine, IsReadIntoOptions) {
  const auto read =
      parse({"--port", "0", "--rate-limits", "off", "--api-key", "sk_x", "--rate-limit",
             "um_write=5/10", "--multiple-roles", "--event-delay-ms", "250"});
  const auto& options = std::get<ProgramOptions>(read);
  EXPECT_EQ(options.port, 0);
  EXPECT_FALSE(options.emulator.rate_limits.on);
  EXPECT_EQ(options.emulator.rate_limits.limits.at("um_write").requests, 5);
  EXPECT_EQ(options.emulator.model.api_key, "sk_x");
  EXPECT_TRUE(options.emulator.model.multiple_roles);
  EXPECT_EQ(options.emulator.model.event_delay, Millis{250});
  EXPECT_EQ(std::get<ProgramOptions>(parse({})).port, 4100);
}

TEST(CommandLine, EndsWith2AndTheReasonWhenItIsWrong) {
  for (const std::vector<const char*>& arguments : {std::vector<const char*>{"--port", "many"},
                                                    {"--rate-limit", "um_write"},
                                                    {"--rate-limit", "um_write=5/0"},
                                                    {"--rate-limit", "other=5/1"},
                                                    {"--unknown"},
                                                    {"--seed", "/nowhere/seed.json"},
                                                    {"--rate-limits", "perhaps"}}) {
    const auto read = parse(arguments);
    ASSERT_TRUE(std::holds_alternative<Exit>(read)) << arguments[0];
    EXPECT_EQ(std::get<Exit>(read).code, 2);
    EXPECT_FALSE(std::get<Exit>(read).message.empty());
  }
  EXPECT_EQ(std::get<Exit>(parse({"--help"})).code, 0);
}

}  // namespace
}  // namespace rolecall::emulator
