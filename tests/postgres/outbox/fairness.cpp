// The starvation bound: of D organizations with something due at a priority, each is served within
// ceil(D / limit) leases of that priority, and taken in within ceil(D / limit) intakes of it,
// whatever the others have due. Places are handed from call to call and never live in a session.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "tests/postgres/outbox/lane_world.hpp"

namespace rolecall::testing {
namespace {

// Organizations `name`1, `name`2, ... with so many subjects each.
struct Group {
  std::string name;
  int organizations = 1;
  int subjects = 1;
  int priority = 1;
  int due_seconds_ago = 1;  // negative: due later
};

class Fairness : public ::testing::Test {
 protected:
  void subjects(const Group& g) {
    w.sql(fmt::format(
        "insert into rolecall.subjects (subject, organization_id, object_key, version, kind, "
        "desired) select '{0}' || o || ':' || n, '{0}' || o, '{0}' || o || ':' || n, 1, "
        "'member.push', '{{\"roles\":[]}}' from generate_series(1, {1}) o, generate_series(1, {2}) "
        "n",
        g.name, g.organizations, g.subjects));
  }
  void lanes(const Group& g) {
    subjects(g);
    w.sql(fmt::format(
        "insert into rolecall.lanes (subject, organization_id, kind, priority, state, "
        "wanted_version, wanted_id, owed_since_id, enqueued_at, desired, next_attempt_at) "
        "select subject, organization_id, kind, {}, 'due', 1, 1, 1, now(), desired, "
        "now() - interval '1 s' * {} from rolecall.subjects where organization_id ~ '^{}[0-9]'",
        g.priority, g.due_seconds_ago, g.name));
  }
  void outbox(const Group& g) {
    subjects(g);
    w.sql(fmt::format(
        "insert into rolecall.outbox (organization_id, subject, version, kind, desired, priority, "
        "enqueued_by) select organization_id, subject, 1, kind, desired, {}, 'a test' "
        "from rolecall.subjects where organization_id ~ '^{}[0-9]'",
        g.priority, g.name));
  }

  // Nothing of these organizations waits any more: all of their lanes are leased, or taken in.
  bool served(const std::string& name) {
    return w.number(fmt::format("select count(*) from rolecall.lanes where organization_id ~ "
                                "'^{0}[0-9]' and state = 'due'",
                                name)) == 0;
  }
  bool taken_in(const std::string& name) {
    return w.number(fmt::format(
               "select count(*) from rolecall.outbox where organization_id ~ '^{}[0-9]'", name)) ==
           0;
  }
  // How many calls it takes, at most 100.
  static int calls_until(const std::function<bool()>& done, const std::function<void()>& call) {
    int calls = 0;
    for (; calls < 100 && !done(); ++calls) call();
    return calls;
  }
  // What organizations `name` had said is due again, since an hour.
  void refill(const std::string& name) {
    w.sql(fmt::format(
        "update rolecall.lanes set state = 'due', lease_token = null, leased_by = null, "
        "leased_version = null, lease_expires_at = null, next_attempt_at = now() - interval '1 h' "
        "where state = 'leased' and organization_id ~ '^{}[0-9]'",
        name));
  }
  std::vector<std::string> leased(int limit) {
    std::vector<std::string> subjects;
    for (const auto& lease : w.lease(worker, limit)) subjects.push_back(lease.subject);
    return subjects;
  }

  LaneWorld w;
  const std::int64_t worker = w.open_session();
};

TEST_F(Fairness, SmallOrganizationsAreLeasedBesideOneOfTwentyThousandLanes) {
  lanes({.name = "big", .subjects = 20'000, .due_seconds_ago = 3600});
  lanes({.name = "small", .organizations = 300});
  const int leases = calls_until([&] { return served("small"); }, [&] { w.lease(worker, 64); });
  EXPECT_LE(leases, 5);  // ceil(301 / 64)
}

TEST_F(Fairness, SmallOrganizationsAreTakenInBesideOneOfTwentyThousandRows) {
  outbox({.name = "big", .subjects = 20'000});
  outbox({.name = "small", .organizations = 300});
  const int intakes = calls_until([&] { return taken_in("small"); }, [&] { w.take_in(100); });
  EXPECT_LE(intakes, 4);  // ceil(301 / 100)
}

TEST_F(Fairness, LateInTheAlphabetBesideEarlyOnesThatAreAlwaysDueAndOlder) {
  lanes({.name = "a", .organizations = 50, .subjects = 5, .due_seconds_ago = 3600});
  lanes({.name = "z", .organizations = 10});
  const int leases = calls_until([&] { return served("z"); },
                                 [&] {
                                   w.lease(worker, 8);
                                   refill("a");
                                   w.sql("discard all");  // what a pooler leaves of a session
                                 });
  EXPECT_LE(leases, 8);  // ceil(60 / 8)
}

TEST_F(Fairness, AWalkThatAlwaysBeginsAnewStarvesTheLateOnes) {
  lanes({.name = "a", .organizations = 50, .subjects = 5, .due_seconds_ago = 3600});
  lanes({.name = "z", .organizations = 10});
  const int leases = calls_until([&] { return served("z"); },
                                 [&] {
                                   w.lease(worker, 8);
                                   refill("a");
                                   w.forget_places();
                                 });
  EXPECT_EQ(leases, 100);
}

TEST_F(Fairness, IntakeServesTheLateOnesBesideEarlyOnesThatGoOnEnqueueing) {
  outbox({.name = "a", .organizations = 30, .subjects = 10});
  outbox({.name = "z", .organizations = 5});
  int version = 1;
  const int intakes = calls_until(
      [&] { return taken_in("z"); },
      [&] {
        w.take_in(4);
        w.sql(fmt::format(
            "insert into rolecall.outbox (organization_id, subject, version, kind, desired, "
            "enqueued_by) select organization_id, subject, {}, kind, desired, 'a test' from "
            "rolecall.subjects where organization_id ~ '^a[0-9]'",
            ++version));
        w.sql("discard all");
      });
  EXPECT_LE(intakes, 9);  // ceil(35 / 4)
}

TEST_F(Fairness, ManyThatAreDueLaterHideNobody) {
  lanes({.name = "later", .organizations = 3000, .due_seconds_ago = -3600});
  lanes({.name = "big", .subjects = 200, .due_seconds_ago = 3600});
  lanes({.name = "small", .organizations = 5});
  const int leases = calls_until([&] { return served("small"); },
                                 [&] { EXPECT_EQ(w.lease(worker, 10).size(), 10U); });
  EXPECT_LE(leases, 4);  // ceil(6 / 10) + floor(3000 / 1000)
}

TEST_F(Fairness, FewOrganizationsShareABatchEvenlyAndItIsFull) {
  lanes({.name = "big", .organizations = 2, .subjects = 500});
  const auto shared = leased(64);
  EXPECT_EQ(shared.size(), 64U);
  EXPECT_EQ(std::ranges::count_if(shared, [](const auto& s) { return s.starts_with("big1:"); }),
            32);
  lanes({.name = "small", .organizations = 3, .subjects = 2});
  const auto full = leased(60);  // twelve each, and what the small ones leave
  EXPECT_EQ(full.size(), 60U);
  EXPECT_TRUE(served("small"));
}

TEST_F(Fairness, ARevocationOfAnyOrganizationLeavesBeforeAllThatIsOrdinary) {
  outbox({.name = "a", .organizations = 50, .subjects = 10});
  outbox({.name = "bulk", .organizations = 5, .subjects = 10, .priority = 2});
  outbox({.name = "z", .organizations = 3, .priority = 0});
  EXPECT_EQ(w.take_in(10), 10);
  EXPECT_TRUE(taken_in("z"));
  const auto first = leased(3);
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()),
            (std::set<std::string>{"z1:1", "z2:1", "z3:1"}));
}

TEST_F(Fairness, RevocationsHaveTheirTurnsAmongThemselvesAndOrdinaryLanesTheirPlaceAfterThem) {
  lanes({.name = "a", .organizations = 40});
  lanes({.name = "big", .subjects = 100, .priority = 0, .due_seconds_ago = 3600});
  lanes({.name = "z", .organizations = 10, .priority = 0});
  const int leases = calls_until([&] { return served("z"); },
                                 [&] {
                                   for (const auto& subject : leased(6))
                                     EXPECT_FALSE(subject.starts_with("a")) << subject;
                                 });
  EXPECT_LE(leases, 2);  // ceil(11 / 6)
  EXPECT_EQ(w.number("select count(*) from rolecall.lanes where priority = 1 and state = 'due'"),
            40);
}

TEST_F(Fairness, WhatALeaseLocksItLeases) {
  lanes({.name = "a", .organizations = 10, .subjects = 10});
  auto other = w.database().connect();
  other.script("begin").value();
  const auto theirs = other.run(fmt::format(
      "select jsonb_array_length(rolecall.lease_due_v1({}, 8, 30000, rolecall.known_kinds()) -> "
      "'leases') as n",
      w.open_session()));
  EXPECT_EQ(theirs.value().number(0, "n"), 8);
  EXPECT_EQ(w.number("select count(*) from (select from rolecall.lanes where state = 'due' for "
                     "update skip locked) x"),
            92);
  other.script("rollback").value();
}

TEST_F(Fairness, TwoWorkersEachKeepTheBound) {
  lanes({.name = "a", .organizations = 50, .subjects = 5, .due_seconds_ago = 3600});
  lanes({.name = "z", .organizations = 10});
  const auto second = w.open_session();
  const int rounds = calls_until([&] { return served("z"); },
                                 [&] {
                                   w.lease(worker, 8);
                                   w.lease(second, 8);
                                   refill("a");
                                 });
  EXPECT_LE(rounds, 8);
}

}  // namespace
}  // namespace rolecall::testing
