// `rolecall enable-rbac` as an operator types it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

using ::testing::HasSubstr;

TEST(EnableRbacCommand, RefusesSucceedsAndIsTheSameTwice) {
  Stand stand;
  stand.db().sql("delete from rolecall.global_roles");
  const auto refused = stand.rolecall({"enable-rbac", "acme"});
  EXPECT_EQ(refused.exit_code, 1) << refused.output;
  EXPECT_THAT(refused.output, HasSubstr("rolecall sync-roles"));
  stand.rolecall({"sync-roles"});
  const auto enabled = stand.rolecall({"enable-rbac", "acme"});
  EXPECT_EQ(enabled.exit_code, 0) << enabled.output;
  EXPECT_THAT(enabled.output, HasSubstr("acme: enabled with 14 default grants"));
  const auto again = stand.rolecall({"enable-rbac", "acme"});
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_THAT(again.output, HasSubstr("already enabled"));
  EXPECT_EQ(stand.rolecall({"enable-rbac", "nobody"}).exit_code, 1);
  EXPECT_EQ(stand.rolecall({"enable-rbac"}).exit_code, 2);
  EXPECT_EQ(
      stand.rolecall({"enable-rbac", "acme"}, {{"DATABASE_URL", "postgresql://127.0.0.1:1/x"}})
          .exit_code,
      3);
}

}  // namespace
}  // namespace rolecall::testing
