#include "workflows/timestamps.hpp"

#include <gtest/gtest.h>

namespace rolecall {
namespace {

TEST(Timestamps, ReadEveryFormThatWorkosAndPostgresWrite) {
  const auto noon = wall_time_of("2026-01-15T12:00:00.250Z");
  ASSERT_TRUE(noon);
  EXPECT_EQ(text_of(*noon), "2026-01-15T12:00:00.250000Z");
  for (const char* same :
       {"2026-01-15T12:00:00.25Z", "2026-01-15 12:00:00.250", "2026-01-15T13:00:00.250+01:00",
        "2026-01-15 07:00:00.250000-05", "2026-01-15T12:00:00.2500009Z", "2026-01-15t12:00:00.250z",
        "2026-01-15T17:30:00.250+0530"})
    EXPECT_EQ(wall_time_of(same), noon) << same;
}

TEST(Timestamps, GuessNothing) {
  for (const char* wrong :
       {"", "yesterday", "2026-01-15", "2026-13-15T12:00:00Z", "2026-02-30T12:00:00Z",
        "2026-01-15T24:00:00Z", "2026-01-15T12:60:00Z", "2026-01-15T12:00:00.Z",
        "2026-01-15T12:00:00Zulu", "2026-01-15T12:00:00+1", "1768478400", "2026-01-15T12:00",
        "-026-01-15T12:00:00Z"})
    EXPECT_FALSE(wall_time_of(wrong)) << wrong;
}

TEST(Timestamps, CompareAsInstantsAndNotAsTexts) {
  EXPECT_TRUE(is_earlier("2026-01-15T12:00:00Z", "2026-01-15T12:00:00.001Z"));
  EXPECT_FALSE(is_earlier("2026-01-15T12:00:00.000Z", "2026-01-15T12:00:00Z"));
  EXPECT_FALSE(is_earlier("2026-01-15T12:00:00Z", "2026-01-15T12:00:00.000Z"));
  EXPECT_TRUE(is_earlier("", "2026-01-15T12:00:00Z"));
  EXPECT_FALSE(is_earlier("2026-01-15T12:00:00Z", ""));
  EXPECT_EQ(later_of("", "2026-01-15T12:00:00Z"), "2026-01-15T12:00:00Z");
}

TEST(Timestamps, ReadAnHttpDate) {
  const auto date = http_date_of("Thu, 15 Jan 2026 12:00:30 GMT");
  ASSERT_TRUE(date);
  EXPECT_EQ(text_of(*date), "2026-01-15T12:00:30.000000Z");
  for (const char* wrong : {"", "15 Jan 2026", "Thu, 15 Foo 2026 12:00:30 GMT",
                            "Thu, 15 Jan 2026 12:00:30 CET", "Thu, 15 Jan"})
    EXPECT_FALSE(http_date_of(wrong)) << wrong;
}

}  // namespace
}  // namespace rolecall
