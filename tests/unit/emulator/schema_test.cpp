// The schema checker that the answers are checked with.
#include "tests/unit/emulator/schema.hpp"

#include <gtest/gtest.h>

namespace rolecall::emulator {
namespace {

std::size_t count(const char* schema, const char* value) {
  return violations(boost::json::parse(schema), boost::json::parse(value)).size();
}

TEST(SchemaCheck, FindsWrongTypes) {
  EXPECT_EQ(count(R"({"type":"string"})", R"("a")"), 0u);
  EXPECT_EQ(count(R"({"type":"string"})", "7"), 1u);
  EXPECT_EQ(count(R"({"type":["string","null"]})", "null"), 0u);
  EXPECT_EQ(count(R"({"type":["string","null"]})", "[]"), 1u);
}

TEST(SchemaCheck, FindsMissingAndWrongFields) {
  const char* schema =
      R"({"type":"object","required":["a"],"properties":{"a":{"type":"boolean"}}})";
  EXPECT_EQ(count(schema, R"({"a":true,"more":1})"), 0u);
  EXPECT_EQ(count(schema, "{}"), 1u);
  EXPECT_EQ(count(schema, R"({"a":1})"), 1u);
}

TEST(SchemaCheck, FindsValuesOutsideEnumConstAndFormat) {
  EXPECT_EQ(count(R"({"enum":["a","b"]})", R"("c")"), 1u);
  EXPECT_EQ(count(R"({"const":"list"})", R"("role")"), 1u);
  EXPECT_EQ(count(R"({"format":"date-time"})", R"("2026-01-15T12:00:00.000Z")"), 0u);
  EXPECT_EQ(count(R"({"format":"date-time"})", R"("yesterday")"), 1u);
  EXPECT_EQ(count(R"({"maxLength":2})", R"("abc")"), 1u);
}

TEST(SchemaCheck, LooksIntoArraysAndMaps) {
  EXPECT_EQ(count(R"({"type":"array","items":{"type":"string"}})", R"(["a",1,2])"), 2u);
  EXPECT_EQ(count(R"({"additionalProperties":{"type":"string"}})", R"({"a":1})"), 1u);
  EXPECT_EQ(count(R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})"), 1u);
  EXPECT_EQ(count(R"({"maxProperties":1})", R"({"a":1,"b":2})"), 1u);
}

TEST(SchemaCheck, CountsAlternatives) {
  const char* one = R"({"oneOf":[{"const":1},{"type":"integer"}]})";
  EXPECT_EQ(count(one, "2"), 0u);
  EXPECT_EQ(count(one, "1"), 1u);
  EXPECT_EQ(count(R"({"anyOf":[{"const":1},{"const":2}]})", "3"), 1u);
  EXPECT_EQ(count(R"({"allOf":[{"type":"integer"},{"const":2}]})", "3"), 1u);
}

TEST(SchemaCheck, RefusesAKeywordThatItDoesNotKnow) {
  EXPECT_EQ(count(R"({"minimum":1})", "5"), 1u);
}

}  // namespace
}  // namespace rolecall::emulator
