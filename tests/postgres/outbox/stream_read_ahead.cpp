// While the stream is behind, facts wait for its end: not for ever, nor for a pull that is over.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/event_world.hpp"

namespace rolecall::testing {
namespace {

class ReadAhead : public ::testing::Test {
 protected:
  ReadAhead() {
    w.sql("update rolecall.provider_control set read_ahead_ms = 60000");
    EXPECT_TRUE(w.record({joined("ann", "member", 1)}));
  }

  // What one look of the reducer would take: their facts, as nobody makes anything of them here.
  std::int64_t taken() { return w.number("select count(*) from rolecall.reduce_take_v1(100)"); }
  bool has_work() {
    return w.value("select rolecall.next_due_v1($1) ->> 'work_now'", {std::to_string(w.worker)}) ==
           "true";
  }

  EventWorld w;
};

TEST_F(ReadAhead, FactsWaitForTheEndOfTheStreamAndGoInTogether) {
  EXPECT_EQ(taken(), 0);
  EXPECT_FALSE(has_work());
  ASSERT_TRUE(w.record({changed("ann", "admin", 2)}));
  EXPECT_EQ(taken(), 0);
  ASSERT_TRUE(w.end_of_stream());
  EXPECT_TRUE(has_work());
  w.reduce();
  EXPECT_EQ(w.roles_of("ann"), "admin");
  EXPECT_EQ(w.value("select version from rolecall.subjects where kind like 'member.%'"), "2")
      << "a stranger, and what they are now: never what they were between";
}

TEST_F(ReadAhead, NothingWaitsLongerThanSaid) {
  w.pass(60'001);
  w.sql("update rolecall.schedules set lease_expires_at = now() + interval '10 s'");
  EXPECT_TRUE(has_work());
  w.reduce();
  EXPECT_EQ(w.roles_of("ann"), "member");
}

TEST_F(ReadAhead, NothingWaitsForAPullThatFailed) {
  w.sql("select rolecall.end_pull_v1($1, 'unreachable', false, 1000)", {std::to_string(w.worker)});
  EXPECT_TRUE(has_work());
  w.reduce();
  EXPECT_EQ(w.roles_of("ann"), "member");
}

TEST_F(ReadAhead, NothingWaitsForAPullerThatIsLost) {
  w.sql("update rolecall.schedules set lease_expires_at = now() - interval '1 ms'");
  EXPECT_TRUE(has_work());
  w.reduce();
  EXPECT_EQ(w.roles_of("ann"), "member");
}

TEST_F(ReadAhead, AReplayMakesNobodyWait) {
  ASSERT_TRUE(w.end_of_stream());
  w.reduce();
  w.sql("select rolecall.replay_organization('acme')");
  ASSERT_TRUE(w.record({changed("ann", "admin", 1)}, "org_1"));
  EXPECT_EQ(w.value("select behind_since is null from rolecall.event_stream"), "t");
}

}  // namespace
}  // namespace rolecall::testing
