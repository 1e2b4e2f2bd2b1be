// H7 and N4: one organization's backlog must not hide the others. N7: intake runs ahead of the
// lease.
#include <gtest/gtest.h>

#include <set>

#include "tests/postgres/outbox/lane_world.hpp"

namespace rolecall::testing {
namespace {

// `rows` due lanes of one organization, then one each of 30 others, all of one priority.
void one_big_and_thirty_small(LaneWorld& w, int rows) {
  w.sql(
      "insert into rolecall.subjects (subject, organization_id, object_key, version, kind, "
      "desired) "
      "select x.s, x.o, x.s, 1, 'member.push', '{\"roles\":[]}' from ("
      "select 'big:' || n as s, 'big' as o from generate_series(1, " +
      std::to_string(rows) +
      ") n union all "
      "select 'small:' || n, 'small' || n from generate_series(10, 39) n) x");
  w.sql(
      "insert into rolecall.lanes (subject, organization_id, kind, priority, state, "
      "wanted_version, "
      "wanted_id, owed_since_id, enqueued_at, desired, next_attempt_at) "
      "select subject, organization_id, kind, 1, 'due', 1, 1, 1, now(), desired, "
      "now() - case when organization_id = 'big' then interval '1 hour' else interval '1 s' end "
      "from rolecall.subjects");
}

std::set<std::string> organizations_of(LaneWorld& w, const std::vector<Leased>& leases) {
  std::set<std::string> out;
  for (const auto& lease : leases)
    out.insert(w.value("select $1::jsonb ->> 'organization'", {lease.document}));
  return out;
}

class FindingH7 : public ::testing::Test {
 protected:
  LaneWorld w;
};
class FindingN7 : public ::testing::Test {
 protected:
  LaneWorld w;
};

TEST_F(FindingH7, EveryOrganizationHasAShareOfAFullBatch) {
  one_big_and_thirty_small(w, 500);
  const auto worker = w.open_session();
  EXPECT_EQ(organizations_of(w, w.lease(worker, 40)).size(), 31U);
}

TEST_F(FindingH7, TheWalkGoesOnWhereTheLastOneEnded) {
  one_big_and_thirty_small(w, 500);
  const auto worker = w.open_session();
  std::set<std::string> seen;
  for (int batch = 0; batch < 5; ++batch) seen.merge(organizations_of(w, w.lease(worker, 10)));
  EXPECT_EQ(seen.size(), 31U);
}

TEST_F(FindingH7, TheOldestAloneAreOneOrganizations) {
  w.rewrite("lease_lanes_v1", "where (select yes from crowded)", "where false");
  one_big_and_thirty_small(w, 500);
  const auto worker = w.open_session();
  EXPECT_EQ(organizations_of(w, w.lease(worker, 40)), std::set<std::string>{"big"});
}

TEST_F(FindingH7, RevocationsGoFirstWhoeverWaitsLonger) {
  one_big_and_thirty_small(w, 100);
  w.sql(
      "update rolecall.lanes set priority = 0, next_attempt_at = now() where subject in ('big:77', "
      "'small:12')");
  const auto worker = w.open_session();
  std::set<std::string> subjects;
  for (const auto& lease : w.lease(worker, 2)) subjects.insert(lease.subject);
  EXPECT_EQ(subjects, (std::set<std::string>{"big:77", "small:12"}));
}

TEST_F(FindingH7, KindsThatTheProgramDoesNotKnowStayForANewerOne) {
  w.say({.subject = "new", .kind = "group.push", .desired = "{}"});
  w.take_in();
  const auto worker = w.open_session();
  EXPECT_TRUE(w.lease(worker).empty());
  EXPECT_EQ(
      w.value("select rolecall.next_due_v1($1::bigint) ->> 'work_now'", {std::to_string(worker)}),
      "false");
  EXPECT_EQ(w.value("select rolecall.next_due_v1($1::bigint, '{group.push}') ->> 'work_now'",
                    {std::to_string(worker)}),
            "true");
  EXPECT_EQ(w.number("select count(*) from rolecall.attention"), 0);
  w.sql("update rolecall.lanes set enqueued_at = now() - interval '11 min'");
  EXPECT_EQ(w.value("select reason from rolecall.attention"), "unknown_kind");
}

// Ten subjects edited twenty times each, taken in and said in batches of ten. How many calls does
// it take?
int calls_for_many_edits(LaneWorld& w, bool intake_runs_ahead) {
  for (int edit = 0; edit < 20; ++edit)
    for (int i = 0; i < 10; ++i) w.say({.subject = "s" + std::to_string(i)});
  const auto worker = w.open_session();
  int calls = 0;
  for (bool more = true; more;) {
    more = w.take_in(10) == 10;
    while (intake_runs_ahead && w.take_in(10) > 0) {
    }
    for (const auto& lease : w.lease(worker, 10)) {
      ++calls;
      w.settle(worker, lease, delivered());
    }
  }
  return calls;
}

TEST_F(FindingN7, ManyEditsBecomeOneCallWhenIntakeRunsAhead) {
  EXPECT_EQ(calls_for_many_edits(w, true), 10);
}

TEST_F(FindingN7, IntakeInStepWithTheLeaseSaysEveryEdit) {
  EXPECT_EQ(calls_for_many_edits(w, false), 200);
}

TEST_F(FindingN7, AGrantThatReplacesAnUnsentRevocationKeepsItsUrgency) {
  w.say({.subject = "s", .priority = 0});
  w.say({.subject = "s", .priority = 1, .waits = "row('role', 1)::rolecall.wait"});
  w.take_in();
  EXPECT_EQ(w.lane("s", "priority || ' ' || (waits_on is null)::text"), "0 true");
  const auto worker = w.open_session();
  w.say({.subject = "s", .priority = 2});
  auto lease = w.lease_one(worker);
  w.take_in();  // while the revocation is being said
  w.settle(worker, lease, retry("throttled"));
  EXPECT_EQ(w.lane("s", "priority"), "0");  // it was not delivered: the newer one carries it
  lease = w.lease_one(worker);
  w.say({.subject = "s", .priority = 2});
  w.take_in();
  w.settle(worker, lease, delivered());
  EXPECT_EQ(w.lane("s", "priority"), "2");  // urgency ends with what was urgent
}

}  // namespace
}  // namespace rolecall::testing
