#include "workflows/intent.hpp"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

TEST(Intent, ReadsAMemberWhateverTheOrderOfItsKeys) {
  const auto intent =
      intent_of("member.push",
                R"({"roles":["org-x","admin","org-x"],"user":"user_1","organization":"org_1"})");
  ASSERT_TRUE(intent);
  EXPECT_EQ(intent->object, (ObjectName{Family::member, "org_1", "user_1"}));
  EXPECT_EQ(*intent->state, (Elements{{"admin", ""}, {"org-x", ""}}));
  EXPECT_EQ(document_of(intent->object, *intent->state),
            R"({"organization":"org_1","user":"user_1","roles":["admin","org-x"]})");
}

TEST(Intent, TakesAnEmptyDescriptionAndNoneForTheSame) {
  for (const char* description : {R"(,"description":null)", R"(,"description":"")", ""}) {
    const std::string document =
        R"({"organization":"org_1","slug":"org-x","name":"X")" + std::string(description) + "}";
    const auto intent = intent_of("role.push", document);
    ASSERT_TRUE(intent) << document;
    EXPECT_EQ(*intent->state, (Elements{{"name", "X"}}));
    EXPECT_EQ(document_of(intent->object, *intent->state),
              R"({"organization":"org_1","slug":"org-x","name":"X","description":null})");
  }
}

TEST(Intent, AllowsNoPermissionsButNotNoRoles) {
  EXPECT_TRUE(intent_of("role.permissions", R"({"organization":"o","slug":"s","permissions":[]})"));
  const auto refused = intent_of("member.push", R"({"organization":"o","user":"u","roles":[]})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "invalid_intent");
  EXPECT_NE(refused.error().detail.find("at least one role"), std::string::npos);
}

TEST(Intent, NeedsOnlyTheNameUnderAKindThatRemoves) {
  const auto intent = intent_of("member.remove", R"({"organization":"org_1","user":"user_1"})");
  ASSERT_TRUE(intent);
  EXPECT_FALSE(intent->state);
  EXPECT_EQ(document_of(intent->object), R"({"organization":"org_1","user":"user_1"})");
}

struct Refused {
  const char* kind;
  const char* document;
  const char* says;
};

class InvalidIntent : public testing::TestWithParam<Refused> {};

TEST_P(InvalidIntent, IsRefusedWithWhatIsWrong) {
  const auto intent = intent_of(GetParam().kind, GetParam().document);
  ASSERT_FALSE(intent) << GetParam().document;
  EXPECT_EQ(intent.error().kind, FailureClass::rejected);
  EXPECT_EQ(intent.error().code, "invalid_intent");
  EXPECT_NE(intent.error().detail.find(GetParam().says), std::string::npos)
      << intent.error().detail;
}

INSTANTIATE_TEST_SUITE_P(
    Of, InvalidIntent,
    testing::Values(
        Refused{"member.promote", R"({"organization":"o","user":"u"})", "no kind"},
        Refused{"member.push", "", "JSON object"}, Refused{"member.push", "[]", "JSON object"},
        Refused{"member.push", "null", "JSON object"},
        Refused{"member.push", R"({"organization":"o","user":"u","roles":)", "JSON object"},
        Refused{"member.push", R"({"user":"u","roles":["a"]})", "organization"},
        Refused{"member.push", R"({"organization":7,"user":"u","roles":["a"]})", "organization"},
        Refused{"member.push", R"({"organization":"","user":"u","roles":["a"]})", "organization"},
        Refused{"member.push", R"({"organization":"o","user":"..","roles":["a"]})", "user"},
        Refused{"member.push", R"({"organization":"o","user":"u"})", "roles"},
        Refused{"member.push", R"({"organization":"o","user":"u","roles":"a"})", "roles"},
        Refused{"member.push", R"({"organization":"o","user":"u","roles":[1]})", "roles"},
        Refused{"member.push", R"({"organization":"o","user":"u","roles":[""]})", "roles"},
        Refused{"role.push", R"({"organization":"o","slug":"s"})", "name"},
        Refused{"role.push", R"({"organization":"o","slug":"s","name":""})", "name"},
        Refused{"role.push", R"({"organization":"o","slug":"s","name":"n","description":1})",
                "description"},
        Refused{"role.remove", R"({"organization":"o"})", "slug"},
        Refused{"role.permissions", R"({"organization":"o","slug":"s"})", "permissions"}));

TEST(Intent, NamesTheKindThatSaysAState) {
  EXPECT_EQ(kind_of(Family::member, Elements{}), "member.push");
  EXPECT_EQ(kind_of(Family::member, std::nullopt), "member.remove");
  EXPECT_EQ(kind_of(Family::role, std::nullopt), "role.remove");
  EXPECT_EQ(kind_of(Family::permissions, Elements{}), "role.permissions");
}

}  // namespace
}  // namespace rolecall
