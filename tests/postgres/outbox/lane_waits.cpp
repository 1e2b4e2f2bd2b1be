// I13: until its bound, no lane is leased while what it waits for has not been reached; revocations
// excepted.
#include <gtest/gtest.h>

#include "outbox/pg/pg_store.hpp"
#include "tests/postgres/outbox/lane_world.hpp"
#include "tests/support/loop.hpp"

namespace rolecall::testing {
namespace {

class I13_Waits : public ::testing::Test {
 protected:
  LaneWorld w;
};

TEST_F(I13_Waits, NoLaneIsLeasedWhileWhatItWaitsForIsNotReached) {
  const auto worker = w.open_session();
  w.say({.subject = "role", .kind = "role.push"});
  w.say({.subject = "member", .waits = "row('role', 1)::rolecall.wait"});
  w.take_in();
  const auto role = w.lease_one(worker);
  EXPECT_EQ(role.subject, "role");
  EXPECT_EQ(w.wake(), 0);
  EXPECT_TRUE(w.lease(worker).empty());
  w.settle(worker, role, delivered());
  EXPECT_EQ(w.wake(), 1);
  EXPECT_EQ(w.lease_one(worker).subject, "member");
}

TEST_F(I13_Waits, ARevocationDoesNotWaitAndIsToldWhatIsNotThereYet) {
  const auto worker = w.open_session();
  w.say({.subject = "role", .kind = "role.push"});
  w.say({.subject = "member", .priority = 0, .waits = "row('role', 1)::rolecall.wait"});
  w.take_in();
  const auto leases = w.lease(worker);
  ASSERT_EQ(leases.size(), 2U);
  EXPECT_EQ(leases[0].subject, "member");
  EXPECT_EQ(w.value("select $1::jsonb ->> 'unready_slugs'", {leases[0].document}),
            R"(["org-role"])");
  EXPECT_EQ(w.settle(worker, leases[0], {.outcome = "partial"}), "ok");
  EXPECT_EQ(w.lane("member", "state || priority || waits_on"), "due1role");
  EXPECT_EQ(w.settle(worker, leases[1], delivered()), "ok");
  EXPECT_EQ(w.wake(), 1);
  EXPECT_EQ(w.lease_one(worker).subject, "member");
}

// A role that was made in the dashboard has no lane: nothing was ever said about it from here.
TEST_F(I13_Waits, WhatCameFromWorkOSIsReachedOnceItWasSeen) {
  const auto worker = w.open_session();
  w.sql(
      "insert into rolecall.subjects (subject, organization_id, version, kind, desired, object_key)"
      " values ('role', 'o1', 1, 'role.push', '{\"organization\": \"org_1\", \"slug\": "
      "\"org-role\","
      " \"name\": \"N\", \"description\": null}', 'role:org_1:org-role')");
  w.sql(
      "insert into rolecall.observed (subject, organization_id, object_key)"
      " values ('role', 'o1', 'role:org_1:org-role')");
  w.say({.subject = "early", .waits = "row('role', 1)::rolecall.wait"});
  w.take_in();
  EXPECT_EQ(w.wake(), 0);
  EXPECT_TRUE(w.lease(worker).empty());
  w.sql("update rolecall.observed set confirmed_version = 1 where subject = 'role'");
  w.say({.subject = "after", .waits = "row('role', 1)::rolecall.wait"});
  w.take_in();
  EXPECT_EQ(w.lease_one(worker).subject, "after");
  EXPECT_EQ(w.wake(), 1);
  EXPECT_EQ(w.lease_one(worker).subject, "early");
}

// What was said last is said again with the waits that it had: one of those roles may have ended
// since, and another one has its slug.
TEST_F(I13_Waits, ARoleThatEndedHoldsNoSlugBack) {
  const auto worker = w.open_session();
  w.sql(
      "insert into rolecall.subjects (subject, organization_id, version, kind, desired, object_key)"
      " values ('role', 'o1', 2, 'role.remove', '{\"organization\": \"org_1\", \"slug\": "
      "\"org-role\"}', 'role:org_1:org-role')");
  w.sql(
      "insert into rolecall.observed (subject, organization_id, object_key, confirmed_version)"
      " values ('role', 'o1', 'role:org_1:org-role', 2)");
  w.say({.subject = "member", .waits = "row('role', 1)::rolecall.wait"});
  w.take_in();
  const auto lease = w.lease_one(worker);
  EXPECT_EQ(w.value("select $1::jsonb ->> 'unready_slugs'", {lease.document}), "[]");
}

TEST_F(I13_Waits, ABarrierIsReachedWhenNoEarlierMemberVersionIsOwed) {
  const auto worker = w.open_session();
  w.say({.subject = "m1"});
  const auto later = w.say({.subject = "m2"});
  w.say({.subject = "role",
         .kind = "role.remove",
         .waits = "row('member:o1:*', " + std::to_string(later) + ")::rolecall.wait"});
  w.say({.subject = "m3"});
  w.take_in();
  const auto members = w.lease(worker);
  ASSERT_EQ(members.size(), 3U);
  for (const auto& member : members)
    if (member.subject != "m1") w.settle(worker, member, delivered());
  EXPECT_EQ(w.wake(), 0);
  for (const auto& member : members)
    if (member.subject == "m1") w.settle(worker, member, delivered());
  EXPECT_EQ(w.wake(), 1);
  EXPECT_EQ(w.lease_one(worker).subject, "role");
}

TEST_F(I13_Waits, MoreBlockersThanOneWakeLooksAtAreWalkedFromWhereTheLastEnded) {
  const std::string blocker = "'b' || lpad(n::text, 4, '0')";
  w.sql("select rolecall.enqueue('o1', " + blocker +
        ", 'role.push', jsonb_build_object('organization', 'org_1', 'slug', 'org-' || n, 'name', "
        "'N', 'description', null)) from generate_series(1, 1001) n");
  w.sql(
      "select rolecall.enqueue('o1', 'm' || n, 'member.push', jsonb_build_object('organization', "
      "'org_1', 'user', 'u' || n, 'roles', array['member']), array[" +
      blocker + "]) from generate_series(1, 1001) n");
  ASSERT_EQ(w.take_in(3000), 2002);
  w.sql(
      "update rolecall.lanes set next_attempt_at = now() + interval '1 h' where subject < 'b1001'");
  const auto worker = w.open_session();
  w.settle(worker, w.lease_one(worker), delivered());
  Loop loop;
  auto store = make_pg_store({.database_url = w.database().store_url(),
                              .connections = 2,
                              .poll_only = through_pooler(),
                              .executor = loop.executor()});
  EXPECT_EQ(loop.run(store->wake(100)).value(), 0);
  EXPECT_EQ(loop.run(store->wake(100)).value(), 1);
  EXPECT_EQ(w.lane("m1001", "state || (waits_on is null)"), "duetrue");
}

}  // namespace
}  // namespace rolecall::testing
