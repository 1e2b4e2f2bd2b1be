// `rolecall reconcile` against the programs themselves: every difference is found and told by its
// class, none is invented, and what is applied ends.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <future>

#include "tests/process/reconcile_traffic.hpp"

namespace rolecall::testing {
namespace {

using Found = std::map<std::string, std::string>;

// One corruption of a known class; answers whose finding it is, and the class.
using Person = ReconcileWorld::Person;
using Role = ReconcileWorld::Role;

struct Corrupting {
  ReconcileWorld& world;
  std::mt19937_64 chance;
  Found expected{};
  int aged_out = 0;
  int on_their_way = 0;
  int made = 0;

  void expect(const std::string& subject, const std::string& kind) {
    expected[subject] = kind;
    ++made;
    if (kind == "pending") ++on_their_way;
  }

  void member(const Person& person, int kind) {
    auto& w = world;
    switch (kind) {
      case 0:
        w.edit_roles(person, R"("admin")");
        return expect(person.subject(), "external_edit");
      case 1:
        w.edit("DELETE", w.path(person));
        return expect(person.subject(), "missing_there");
      case 2:
        w.edit("PUT", w.path(person) + "/deactivate");
        return expect(person.subject(), "external_edit");
      case 3:
        w.edit("PUT", w.path(person),
               R"({"role_slugs":["admin","member"],"directory_managed":true})");
        return expect(person.subject(), "directory_managed");
      case 4:
        w.edit_roles(person, R"("billing","member")");
        return expect(person.subject(), "unresolved_role");
      case 5:  // the write of an older version lands
        late_write(person);
        return expect(person.subject(), "late_write");
      case 6:  // the same, when nobody remembers that it was sent
        w.edit_roles(person, R"("org-held-b")");
        ++aged_out;
        return expect(person.subject(), "external_edit");
      case 7:
        w.set_roles(person, {"admin"});
        w.forget_to_send(person.subject());
        return expect(person.subject(), "lost_write");
      case 8:
        w.set_roles(person, {"admin", "member"});
        return expect(person.subject(), "pending");
      case 9:
        w.db().sql(
            "update rolecall.organization_role_assignments set deleted_at = now() where "
            "organization_id = $1 and workos_user_id = $2 and role_urn like 'role:org%'",
            {person.organization, person.user});
        return expect(person.subject(), "unsaid");
      case 10:
        w.db().sql(
            "insert into rolecall.organization_role_assignments (organization_id, workos_user_id, "
            "role_urn) select $1, $2, 'role:global:' || id from rolecall.global_roles where "
            "workos_slug = 'admin'",
            {person.organization, person.user});
        return expect(person.subject(), "unsaid");
      default:  // it left and came back: another membership
        w.edit("DELETE", w.path(person));
        join(person);
        return expect(person.subject(), "missing_here");
    }
  }

  void late_write(const Person& person) {
    world.db().sql(
        "insert into rolecall.sends (subject, object_key, version, lease_token, operation, "
        "incarnation, value, state) select s.subject, s.object_key, 1, 1, 'put', $2, "
        "jsonb_set(s.desired, '{roles}', '[\"org-held-b\"]'), 'open' from rolecall.subjects s "
        "where "
        "s.subject = $1",
        {person.subject(), person.membership});
    world.edit_roles(person, R"("org-held-b")");
  }

  void join(const Person& person) {
    world.edit("POST", "/user_management/organization_memberships",
               fmt::format(R"({{"organization_id":"{}","user_id":"{}","role_slugs":["member"]}})",
                           person.workos, person.user));
  }

  void stranger(const Person& person, int kind) {
    const std::string key = "member:" + person.workos + ":" + person.user;
    if (kind == 0) {
      join(person);
      return expect(key, "missing_here");
    }
    if (kind == 1) {
      world.edit("POST", "/user_management/invitations",
                 fmt::format(R"({{"email":"{}@example.com","organization_id":"{}"}})", person.user,
                             person.workos));
      return expect(key, "pending_invitation");
    }
    world.db().sql(
        "insert into rolecall.organization_memberships (organization_id, workos_user_id) values "
        "($1, $2)",
        {person.organization, person.user});
    world.db().sql(
        "insert into rolecall.organization_role_assignments (organization_id, workos_user_id, "
        "role_urn) select $1, $2, 'role:global:' || id from rolecall.global_roles where "
        "workos_slug = 'member'",
        {person.organization, person.user});
    expect(person.subject(), "unsaid");
  }

  void role(const Role& role, int kind) {
    const std::string permissions = "role_permissions:" + role.subject.substr(18);
    switch (kind) {
      case 0:
        world.edit("PATCH", role.path(), R"({"name":"Theirs"})");
        return expect(role.subject, "external_edit");
      case 1:
        world.edit("DELETE", role.path());
        return expect(role.subject, "missing_there");
      case 2:
        world.edit("PUT", role.path() + "/permissions", R"({"permissions":["a:write"]})");
        return expect(permissions, "external_edit");
      case 3:
        world.db().sql("update rolecall.organization_roles set name = 'By hand' where subject = $1",
                       {role.subject});
        return expect(role.subject, "unsaid");
      case 4:
        world.db().sql("select rolecall.update_role($1, 'Renamed')", {role.subject});
        world.forget_to_send(role.subject);
        return expect(role.subject, "lost_write");
      case 5:
        world.edit("POST", "/authorization/organizations/" + role.workos + "/roles",
                   fmt::format(R"({{"name":"New","slug":"org-new-{}"}})", made));
        return expect(fmt::format("role:{}:org-new-{}", role.workos, made), "missing_here");
      case 6:
        world.db().sql("select rolecall.delete_role($1)", {role.subject});
        return expect(role.subject, "pending");
      default:
        world.db().sql("select rolecall.delete_role($1)", {role.subject});
        world.forget_to_send(role.subject);
        return expect(role.subject, "lost_write");
    }
  }

  int any(int kinds) { return std::uniform_int_distribution<int>(0, kinds - 1)(chance); }
};

std::vector<std::string> differing(const Found& found, const Found& expected) {
  std::vector<std::string> lines;
  for (const auto& [subject, kind] : expected) {
    const auto at = found.find(subject);
    if (at == found.end())
      lines.push_back(subject + ": " + kind + " was not found");
    else if (at->second != kind)
      lines.push_back(subject + ": " + kind + " was taken for " + at->second);
  }
  for (const auto& [subject, kind] : found)
    if (!expected.contains(subject)) lines.push_back(subject + ": " + kind + " was invented");
  return lines;
}

TEST(Reconcile, FindsEveryOneOfFiveHundredCorruptionsByItsClassAndInventsNone) {
  const char* given = std::getenv("ROLECALL_CORRUPTION_SEED");  // to repeat one
  const auto seed =
      given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::printf("seed %u\n", seed);
  ReconcileWorld world({.organizations = 4, .members = 90, .roles = 20, .strangers = 15});
  EXPECT_EQ(world.findings(), Found{}) << "both sides are equal";
  world.stop_worker();
  world.edit("POST", "/authorization/roles", R"({"name":"Billing","slug":"billing"})");
  Corrupting corrupting{world, std::mt19937_64(seed)};
  for (const auto& person : world.members) corrupting.member(person, corrupting.any(12));
  for (const auto& person : world.strangers) corrupting.stranger(person, corrupting.any(3));
  for (const auto& role : world.roles) corrupting.role(role, corrupting.any(8));
  ASSERT_EQ(corrupting.made, 500);

  EXPECT_EQ(differing(world.findings(), corrupting.expected), std::vector<std::string>{});
  EXPECT_EQ(world.value("select count(*) from rolecall.reconcile_findings where detail like "
                        "'it equals version 1%' and class = 'external_edit'"),
            std::to_string(corrupting.aged_out));
  std::printf("%d late writes of an aged-out send are taken for edits\n", corrupting.aged_out);

  EXPECT_EQ(world.findings({"--apply"}).size(), corrupting.expected.size());
  const auto& repaired = world.report.at("repaired").as_object();
  int begun = 0;
  for (const auto& [outcome, count] : repaired) begun += static_cast<int>(count.as_int64());
  EXPECT_EQ(begun, repaired.at("handed over").as_int64() + repaired.at("said").as_int64());
  EXPECT_EQ(begun + corrupting.on_their_way, 500);
  world.start_worker();
  world.settle();
  EXPECT_EQ(world.differences(), std::set<std::string>{});
  EXPECT_EQ(world.findings(), Found{}) << "nothing is left to do";
  EXPECT_EQ(world.reconcile().exit_code, 0);
}

TEST(Reconcile, SaysByItsExitCodeWhatItFound) {
  ReconcileWorld world({});
  EXPECT_EQ(world.reconcile().exit_code, 0);
  world.stop_worker();
  world.edit_roles(world.members[0], R"("admin")");
  const auto found = world.reconcile();
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_NE(found.output.find("external_edit member user_o0m0"), std::string::npos) << found.output;
  EXPECT_NE(found.output.find("1 differences"), std::string::npos) << found.output;
  EXPECT_EQ(world.reconcile({"--organization", "acme"}).exit_code, 0) << "that one is equal";
  EXPECT_EQ(world.reconcile({"--organization", "nobody"}).exit_code, 2);
  EXPECT_EQ(world.reconcile({"--apply"}).exit_code, 0) << "all of it was begun";
  EXPECT_EQ(world.stand()
                .rolecall({"reconcile"}, {{"WORKOS_API_BASE_URL", "http://127.0.0.1:1"}})
                .exit_code,
            3);
  EXPECT_EQ(world.stand()
                .rolecall({"reconcile"}, {{"DATABASE_URL", "postgresql://127.0.0.1:1/nowhere"}})
                .exit_code,
            3);
  EXPECT_EQ(world.value("select class from rolecall.drift"), "external_edit")
      << "what could not be read forgets nothing";
}

TEST(Reconcile, WhatIsInterruptedLeavesThePlanAndTheNextRunGoesOnWithTheOthers) {
  ReconcileWorld world({.organizations = 3, .members = 1, .roles = 0, .strangers = 0});
  world.stop_worker();
  for (const auto& person : world.members) world.edit_roles(person, R"("admin")");
  EXPECT_EQ(world.findings().size(), 3U);
  world.stand().fault("GET", ".*organization_id=org_r1&.*", "stall", R"("count":1)");
  Process interrupted(world.stand().program({"reconcile"}));
  world.stand().until(
      "select count(*) from rolecall.reconciliations where ended_at is null and organization_id = "
      "'o1'",
      "1");
  interrupted.signal(SIGINT);
  EXPECT_EQ(interrupted.wait(std::chrono::seconds(30)), 130);
  EXPECT_EQ(world.value("select count(*) from rolecall.drift"), "3");
  EXPECT_EQ(world.value("select o from rolecall.reconcile_organizations_v1() o limit 1"), "o1");
  EXPECT_EQ(world.findings({"--apply"}).size(), 3U);
  world.start_worker();
  world.settle();
  EXPECT_EQ(world.findings(), Found{});
}

TEST(Reconcile, TheMassRevokeGuardHoldsWhatWouldRevokeTooMuch) {
  ReconcileWorld world({.organizations = 1, .members = 12, .roles = 0, .strangers = 0});
  world.db().sql("update rolecall.provider_control set guard_share = 0.2");
  world.stop_worker();
  for (const auto& person : world.members) world.edit("DELETE", world.path(person));
  EXPECT_EQ(world.findings({"--apply"}).size(), 12U);
  world.start_worker();
  world.stand().until("select count(*) >= 3 from rolecall.attention where reason = 'mass_revoke'",
                      "t");
  EXPECT_EQ(world.value("select count(*) >= 7 from rolecall.organization_memberships where "
                        "deleted_at is null and organization_id = 'o0'"),
            "t")
      << "so many stay until a person agrees";
}

// The stream is on, and late: edits and mutations find their way, and a listing that is behind them
// or ahead of them is no judgement. `./dev bench drift` is the same at length.
TEST(Reconcile, ReportsNoDriftWhileMutationsAndEditsGoOn) {
  ReconcileWorld world(
      {.organizations = 1, .members = 120, .roles = 4, .strangers = 12, .event_delay_ms = 100});
  world.db().sql("update rolecall.provider_control set visibility_ms = 200");
  world.db().sql("update rolecall.schedules set every_ms = 50 where name = 'pull_events'");
  world.db().sql("select rolecall.start_events()");
  world.settle();
  Traffic traffic(world, 1);
  std::atomic<bool> over = false;
  auto people = std::async(std::launch::async, [&] {
    while (!over) {
      traffic.step();
      if (traffic.mutations() % 10 == 0) traffic.await_worker();
    }
  });
  for (int pass = 0; pass < 5; ++pass) {
    const auto said =
        world.reconcile(pass % 2 == 0 ? std::vector<std::string>{"--json"}
                                      : std::vector<std::string>{"--json", "--apply"});
    EXPECT_NE(said.output.find(R"("drift":0})"), std::string::npos) << said.output;
  }
  over = true;
  people.get();
  std::printf("%d mutations, %d of them refused, and %d edits in 5 passes\n", traffic.mutations(),
              traffic.refused(), traffic.edits());
  EXPECT_GT(traffic.mutations(), 0);
  EXPECT_GT(traffic.edits(), 0);
  world.settle();
  world.stand().until([&] { return world.differences().empty(); }, "both sides are equal");
  EXPECT_EQ(traffic.overwritten(), std::vector<std::string>{});
  EXPECT_EQ(world.findings(), Found{});
}

}  // namespace
}  // namespace rolecall::testing
