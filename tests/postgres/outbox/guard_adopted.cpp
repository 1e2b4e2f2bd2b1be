// The mass-revoke guard before versions that came from WorkOS and were never said from here.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/guard_world.hpp"

namespace rolecall::testing {
namespace {

class GuardAdopted : public ::testing::Test {
 protected:
  // Loses all 40 at once, and expects what a person can do about the 31 that are held.
  void expect_a_persons_word_counts() {
    w.lose_at_once(1, 40);
    ASSERT_EQ(w.held(), 31);
    EXPECT_EQ(w.number("select count(*) from rolecall.attention where reason = 'mass_revoke'"), 31);
    EXPECT_EQ(w.number("select count(distinct outbox_id) from rolecall.attention"), 31);
    EXPECT_EQ(w.number("select count(*) from rolecall.outbox_all o join rolecall.attention a "
                       "on o.id = a.outbox_id and o.subject = a.subject where o.state = 'held'"),
              31);
    const auto command = w.value("select command from rolecall.attention limit 1");
    EXPECT_EQ(w.value(command), "approved 31 lanes of organization acme") << command;
    w.reduce();
    EXPECT_EQ(w.assignments(), 0);
    EXPECT_EQ(w.number("select count(*) from rolecall.attention"), 0);
  }

  GuardWorld w{40};
};

// As all are whom an event entered.
TEST_F(GuardAdopted, HoldsMembersThatHaveNoLaneWhereAPersonSeesThem) {
  w.sql("delete from rolecall.lanes where kind like 'member.%'");
  w.sql("delete from rolecall.outbox_history where kind like 'member.%'");
  expect_a_persons_word_counts();
}

// As all are who were edited in the dashboard after they were said from here.
TEST_F(GuardAdopted, HoldsMembersWhoseNewestVersionHasNoOutboxRow) {
  w.sql("update rolecall.subjects set version = 2 where kind like 'member.%'");
  w.sql(
      "update rolecall.lanes set wanted_version = 2, ended = 'observed' "
      "where kind like 'member.%'");
  w.sql(
      "update rolecall.observed set confirmed_version = 2, echoed_version = 2 "
      "where subject like 'member:%'");
  expect_a_persons_word_counts();
}

}  // namespace
}  // namespace rolecall::testing
