// The table defends itself: states that no lane may be in are refused, whoever writes them.
#include <gtest/gtest.h>

#include "tests/postgres/outbox/lane_world.hpp"

namespace rolecall::testing {
namespace {

struct Illegal {
  std::string name;
  std::string change;
};

class LaneTable : public ::testing::TestWithParam<Illegal> {};

TEST_P(LaneTable, Refuses) {
  LaneWorld w;
  w.say({.subject = "s"});
  w.take_in();
  const auto refused = w.database().connect().run("update rolecall.lanes set " + GetParam().change);
  EXPECT_EQ(sqlstate(refused), "23514") << GetParam().change;
}

INSTANTIATE_TEST_SUITE_P(
    IllegalStates, LaneTable,
    ::testing::Values(
        Illegal{"AStateThatDoesNotExist", "state = 'sleeping'"},
        Illegal{"ALeaseWithoutItsToken", "state = 'leased'"},
        Illegal{"ATokenWithoutALease", "lease_token = 7"},
        Illegal{"ALeaseOfNobody",
                "state = 'leased', lease_token = 7, leased_version = 1, lease_expires_at = now()"},
        Illegal{"ALeaseWithoutAnEnd",
                "state = 'leased', lease_token = 7, leased_version = 1, leased_by = 1"},
        Illegal{"ALeaseOfWhatIsNotWanted",
                "state = 'leased', lease_token = 7, leased_version = 2, leased_by = 1, "
                "lease_expires_at = now()"},
        Illegal{"IdleWithoutAnEnd", "state = 'idle'"},
        Illegal{"AnEndThatIsNotIdle", "ended = 'cancelled'"},
        Illegal{"DeliveredThatWasNot", "state = 'idle', ended = 'delivered'"},
        Illegal{"MoreDeliveredThanWanted", "delivered_version = 2"},
        Illegal{"DueWithNothingToSay", "delivered_version = 1"},
        Illegal{"AWaitForNoVersion", "waits_on = 'role', wait_until = now()"},
        Illegal{"AWaitWithoutABound", "waits_on = 'role', waits_version = 1"},
        Illegal{"AnUnknownRequest", "requested = 'forget'"},
        Illegal{"AnUnknownPriority", "priority = 3"}, Illegal{"NegativeAttempts", "attempts = -1"}),
    [](const auto& info) { return info.param.name; });

TEST(LaneTable, HasARowPerSubject) {
  LaneWorld w;
  EXPECT_EQ(w.value("select string_agg(a.attname, ',') from pg_index i join pg_attribute a on "
                    "a.attrelid = i.indrelid "
                    "and a.attnum = any (i.indkey) where i.indrelid = 'rolecall.lanes'::regclass "
                    "and i.indisprimary"),
            "subject");
}

}  // namespace
}  // namespace rolecall::testing
