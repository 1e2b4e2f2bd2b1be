#include "workflows/workos/classify.hpp"

#include "tests/unit/workflows/stories.hpp"

namespace rolecall::workos {
namespace {

using stories::answer;

std::string refusal(const std::string& code) {
  return R"({"message":"placeholder","code":")" + code + "\"}";
}

struct Case {
  int status;
  const char* code;
  FailureClass kind;
};

class EveryRefusal : public testing::TestWithParam<Case> {};

TEST_P(EveryRefusal, HasItsClassByStatusAndCode) {
  const auto [status, code, kind] = GetParam();
  const Failure failure = failure_of(answer(status, refusal(code)));
  EXPECT_EQ(failure.kind, kind) << status << " " << code << ": " << name_of(failure.kind);
  EXPECT_EQ(failure.code, code);
  EXPECT_EQ(failure.http_status, status);
  EXPECT_EQ(failure.request_id, RequestId("req_1"));
  EXPECT_EQ(failure.detail, "placeholder");
}

using enum FailureClass;
INSTANTIATE_TEST_SUITE_P(
    OfWorkos, EveryRefusal,
    testing::Values(
        Case{400, "bad_request", rejected}, Case{400, "invalid_request_parameters", rejected},
        Case{400, "invalid_request_body", rejected},
        Case{400, "missing_user_id_or_organization_id", rejected},
        Case{400, "cannot_reactivate_pending_organization_membership", rejected},
        Case{400, "organization_membership_already_exists", look_first},
        Case{400, "entity_already_exists", look_first}, Case{401, "unauthorized", unauthorised},
        Case{402, "payment_required", rejected}, Case{403, "forbidden", forbidden},
        Case{404, "entity_not_found", look_first}, Case{404, "not_found", look_first},
        Case{405, "method_not_allowed", rejected}, Case{408, "request_timeout", in_doubt},
        Case{409, "role_slug_conflict", look_first},
        Case{409, "organization_role_slug_conflict", look_first},
        Case{409, "permission_slug_conflict", look_first},
        Case{409, "role_has_assignments", look_first},
        Case{409, "role_has_group_role_mappings", look_first},
        Case{409, "organization_membership_already_exists", look_first},
        Case{409, "entity_already_exists", look_first}, Case{413, "too_large", rejected},
        Case{422, "invalid_role", missing_dependency},
        Case{422, "multiple_roles_not_enabled", rejected},
        Case{422, "sub_resource_scoped_role_not_allowed", rejected},
        Case{422, "invalid_request_parameters", rejected},
        Case{422, "unprocessable_entity", rejected},
        Case{422, "organization_membership_already_exists", look_first},
        Case{429, "rate_limit_exceeded", throttled}, Case{500, "internal", in_doubt},
        Case{501, "not_implemented", in_doubt}, Case{502, "bad_gateway", in_doubt},
        Case{503, "unavailable", in_doubt}, Case{504, "timeout", in_doubt},
        Case{599, "odd", in_doubt}, Case{0, "none", in_doubt}, Case{999, "odd", in_doubt}));

TEST(Classification, NamesARefusalWithoutACodeByItsStatus) {
  const Failure failure = failure_of(answer(404, R"({"message":"Role not found"})"));
  EXPECT_EQ(failure.code, "http_404");
  EXPECT_EQ(failure.detail, "Role not found");
}

TEST(Classification, FindsTheCodeAmongValidationErrors) {
  const Failure failure = failure_of(answer(
      422, R"({"message":"Validation failed","errors":[{"field":"x"},{"code":"invalid_role"}]})"));
  EXPECT_EQ(failure.kind, missing_dependency);
  EXPECT_EQ(failure.code, "invalid_role");
}

TEST(Classification, DoesNotBranchOnMessages) {
  const Failure failure = failure_of(answer(422, R"({"message":"invalid_role","code":"other"})"));
  EXPECT_EQ(failure.kind, rejected);
}

TEST(Classification, BelievesNoGatewaysPage) {
  const std::string page = "<html><body>Not Found</body></html>";
  for (const int status : {400, 404, 405, 409, 422}) {
    const Failure failure = failure_of(answer(status, page));
    EXPECT_EQ(failure.kind, in_doubt) << status;
    EXPECT_EQ(failure.code, "garbage_answer");
  }
  EXPECT_EQ(failure_of(answer(404)).kind, in_doubt);
  EXPECT_EQ(failure_of(answer(429, page)).kind, throttled);
  EXPECT_EQ(failure_of(answer(401, page)).kind, unauthorised);
  EXPECT_EQ(failure_of(answer(503, page)).kind, in_doubt);
}

TEST(Classification, TakesARedirectForAWrongAddressAndNotForAnAnswer) {
  const Failure failure = failure_of(answer(301, ""));
  EXPECT_EQ(failure.kind, transient);
  EXPECT_NE(failure.detail.find("WORKOS_API_BASE_URL"), std::string::npos);
}

TEST(RetryAfter, IsReadInSecondsOrAsADateAgainstTheAnswersOwn) {
  const auto asked = [](Headers headers) {
    return failure_of(answer(429, "{}", std::move(headers))).retry_after;
  };
  EXPECT_EQ(asked({{"retry-after", "59"}}), Millis{59'000});
  EXPECT_EQ(asked({{"retry-after", "0"}}), Millis{0});
  EXPECT_EQ(asked({{"retry-after", "Thu, 15 Jan 2026 12:00:30 GMT"},
                   {"date", "Thu, 15 Jan 2026 12:00:00 GMT"}}),
            Millis{30'000});
  EXPECT_EQ(asked({{"retry-after", "Thu, 15 Jan 2026 12:00:30 GMT"}}), std::nullopt);
  EXPECT_EQ(asked({{"retry-after", "Thu, 15 Jan 2026 11:00:00 GMT"},
                   {"date", "Thu, 15 Jan 2026 12:00:00 GMT"}}),
            Millis{0});
  EXPECT_EQ(asked({{"retry-after", "99999999999999999999999"}}), Millis{std::chrono::hours{24}});
  EXPECT_EQ(asked({{"retry-after", "soon"}}), std::nullopt);
  EXPECT_EQ(asked({{"retry-after", "-5"}}), std::nullopt);
  EXPECT_EQ(asked({}), std::nullopt);
  EXPECT_EQ(failure_of(answer(503, "{}", {{"retry-after", "2"}})).retry_after, Millis{2'000});
}

TEST(Excerpt, IsShortAndOneLine) {
  const std::string excerpt = excerpt_of("a\nb\tc" + std::string(5'000, 'x'));
  EXPECT_EQ(excerpt.size(), 300U);
  EXPECT_EQ(excerpt.substr(0, 5), "a b c");
  EXPECT_EQ(excerpt_of("short"), "short");
}

TEST(Excerpt, HoldsNoKeyAndNoAddress) {
  for (const char* body :
       {"Invalid API key: sk_live_abc123", R"({"key":"sk_test_abc123"})", "Bearer sk_live_abc123",
        "user=a.person@example.com", "secret whsec_abc123"}) {
    const std::string excerpt = excerpt_of(body);
    EXPECT_EQ(excerpt.find("abc123"), std::string::npos) << excerpt;
    EXPECT_EQ(excerpt.find("example.com"), std::string::npos) << excerpt;
    EXPECT_NE(excerpt.find("***"), std::string::npos) << excerpt;
  }
  const Failure failure = failure_of(answer(401, R"({"message":"bad key sk_live_abc123"})"));
  EXPECT_EQ(failure.detail.find("abc123"), std::string::npos);
}

}  // namespace
}  // namespace rolecall::workos
