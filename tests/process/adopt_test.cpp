// `rolecall adopt` against the programs themselves: a dry run writes nothing, each policy ends as
// it says, and whoever kills it at any moment changes nothing but the time that it takes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <set>

#include "tests/process/adopt_world.hpp"

namespace rolecall::testing {
namespace {

using Lines = std::vector<std::string>;

// ROLECALL_ADOPT_SIZE=500x100 makes it as large as that.
AdoptSize size_asked_for() {
  AdoptSize size{.organizations = 40, .members = 50};
  const char* asked = std::getenv("ROLECALL_ADOPT_SIZE");
  if (asked == nullptr) return size;
  const std::string text(asked);
  size.organizations = std::stoi(text);
  size.members = std::stoi(text.substr(text.find('x') + 1));
  return size;
}

Lines first_of(Lines lines, std::size_t most = 20) {
  lines.resize(std::min(lines.size(), most));
  return lines;
}

// Lines of one and not of the other.
Lines apart(Lines one, Lines other) {
  Lines only;
  std::ranges::sort(one);
  std::ranges::sort(other);
  std::ranges::set_symmetric_difference(one, other, std::back_inserter(only));
  return first_of(only);
}

TEST(Adopt, ADryRunSaysWhatWouldHappenAndWritesNothing) {
  AdoptWorld world({.organizations = 3, .members = 24});
  const auto before = world.everything();
  const auto said = world.adopt({"--policy", "local"});
  EXPECT_EQ(said.exit_code, 1) << said.output;
  EXPECT_EQ(world.everything(), before);
  const auto methods = world.methods();
  EXPECT_EQ(std::set<std::string>(methods.begin(), methods.end()), std::set<std::string>{"GET"});
  for (const auto* words :
       {"o1 (org_a1)", "said member user_0_2: here admin, at WorkOS member (policy local)",
        "created_there role org-here", "entered role org-there", "removed_there member user_0_5",
        "link user user_1_0", "3 organizations: 3 planned",
        "rolecall adopt --policy local --apply"})
    EXPECT_NE(said.output.find(words), std::string::npos) << words << " in\n" << said.output;
  const auto document = world.adopt_json({"--policy", "newer"});
  EXPECT_EQ(world.everything(), before);
  const auto& things = document.at("things").as_object();
  EXPECT_EQ(things.at("agreed").as_int64(), 3 * 3 * 3 + 3) << "three of eight members, and a role";
  EXPECT_GT(things.at("said").as_int64(), 0);
  EXPECT_GT(things.at("taken").as_int64(), 0);
  EXPECT_EQ(document.at("applied").as_bool(), false);
}

class AdoptByPolicy : public ::testing::TestWithParam<std::string> {};

TEST_P(AdoptByPolicy, BothSidesAgreeInTheEndAndAnotherRunHasNothingToDo) {
  AdoptWorld world({.organizations = 3, .members = 24});
  const auto applied = world.adopt({"--policy", GetParam(), "--apply"});
  EXPECT_EQ(applied.exit_code, 0) << applied.output;
  world.start_worker();
  world.settle();
  EXPECT_EQ(first_of(world.differences()), Lines{});
  const auto member = [&](int m) {
    return world.value(
        "select coalesce((select string_agg(r.slug, ' ' order by r.slug) from "
        "rolecall.organization_memberships m cross join rolecall.roles_of(m.organization_id, "
        "m.workos_user_id) r where m.workos_user_id = $1 and m.deleted_at is null), '')",
        {fmt::format("user_1_{}", m)});
  };
  // 2 and 10 are of one kind; the first changed here long ago, the second has the later time
  const bool local = GetParam() == "local";
  const bool newer = GetParam() == "newer";
  EXPECT_EQ(member(2), local ? "admin" : "member");
  EXPECT_EQ(member(10), local || newer ? "admin" : "member");
  EXPECT_EQ(member(3), local ? "org-both" : "member org-there");
  EXPECT_EQ(member(4), local || newer ? "member" : "") << "only here";
  EXPECT_EQ(member(5), local ? "" : "admin") << "only at WorkOS";
  EXPECT_EQ(member(0), "member");
  EXPECT_EQ(world.value("select count(*) from rolecall.users where workos_user_id is null"), "9")
      << "who was nowhere a member at WorkOS is found by the next adoption, if at all";
  const auto again = world.adopt({"--policy", GetParam(), "--apply"});
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_NE(again.output.find("3 were done before"), std::string::npos) << again.output;
  const auto anew = world.adopt_json({"--policy", GetParam(), "--apply", "--again"});
  EXPECT_EQ(anew.at("things").as_object().size(), 1U) << boost::json::serialize(anew);
  EXPECT_EQ(anew.at("things").as_object().contains("versioned"), true);
  EXPECT_EQ(anew.at("run").as_int64(), 2);
  world.settle();
  EXPECT_EQ(world.stand().rolecall({"reconcile"}).exit_code, 0);
  const auto left = world.adopt({"--policy", GetParam()});
  EXPECT_EQ(left.exit_code, 0) << left.output;
}

INSTANTIATE_TEST_SUITE_P(Policies, AdoptByPolicy, ::testing::Values("local", "workos", "newer"),
                         [](const auto& info) { return info.param; });

// Starts it, and kills it when the query answers t.
void kill_when(AdoptWorld& world, const std::string& policy, const std::string& reached) {
  Process process(world.program({"--policy", policy, "--apply"}));
  const auto bound = std::chrono::steady_clock::now() + std::chrono::minutes(20);
  while (world.value(reached) != "t") {
    if (std::chrono::steady_clock::now() > bound)
      throw std::runtime_error("never reached: " + reached + "\n" + process.output());
    if (const auto ended = process.wait(std::chrono::milliseconds(50)))
      throw std::runtime_error(fmt::format("ended with {}: {}", *ended, process.output()));
  }
  process.kill();
}

std::string is_reading(const std::string& organization) {
  return "select exists (select from rolecall.adoptions where state = 'reading' and "
         "organization_id = '" +
         organization + "')";
}

void expect_nothing_of(AdoptWorld& world, const std::string& organization) {
  EXPECT_EQ(world.value("select count(*) from rolecall.subjects where organization_id = $1",
                        {organization}),
            "0");
  EXPECT_EQ(world.value("select count(*) from rolecall.audit_log where organization_id = $1",
                        {organization}),
            "0");
}

// The three places: while it asks WorkOS for the users of an organization, while it reads the
// members, and inside the transaction that writes one.
void kill_three_times(AdoptWorld& world, const std::string& policy) {
  const auto ids = world.db().sql("select id from rolecall.organizations order by id");
  const auto at = [&](std::size_t quarter) { return ids.text(ids.size() * quarter / 4, "id"); };
  const auto workos = [](const std::string& id) { return "org_a" + id.substr(1); };
  world.stand().fault("GET", "/user_management/users[?].*organization_id=" + workos(at(1)), "stall",
                      R"("count":1)");
  kill_when(world, policy, is_reading(at(1)));
  expect_nothing_of(world, at(1));
  EXPECT_EQ(world.value("select count(*) from rolecall.adoptions where state = 'done'"),
            std::to_string(ids.size() / 4));

  world.stand().fault("GET", ".*memberships[?].*organization_id=" + workos(at(2)) + "(&.*)?",
                      "stall", R"("count":1)");
  kill_when(world, policy,
            is_reading(at(2)) +
                " and exists (select from rolecall.adoption_things where "
                "organization_id = '" +
                at(2) + "' and family = 'role')");
  expect_nothing_of(world, at(2));

  auto holder = world.db().connect_directly();
  ASSERT_TRUE(holder.script("begin"));
  ASSERT_TRUE(
      holder.run("select from rolecall.organization_memberships where organization_id = $1 "
                 "and workos_user_id = $2 for update",
                 {at(3), fmt::format("user_{}_7", at(3).substr(1))}));
  kill_when(world, policy,
            "select exists (select from pg_stat_activity where wait_event_type = 'Lock' and query "
            "like '%adopt_organization_v1%' and datname = current_database())");
  ASSERT_TRUE(holder.script("rollback"));
  world.stand().until(
      "select count(*) from pg_stat_activity where query like '%adopt_organization_v1(%' and "
      "datname = current_database() and pid <> pg_backend_pid()",
      "0");
  expect_nothing_of(world, at(3));
}

// Both worlds at once: the one is killed while the other goes on.
TEST(Adopt, InterruptedBySigkillThreeTimesItEndsAsIfItHadNotBeen) {
  const AdoptSize size = size_asked_for();
  const std::string policy = "newer";
  AdoptWorld killed(size);
  AdoptWorld whole(size);
  const auto begun = std::chrono::steady_clock::now();
  const auto since = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  };
  double took = 0;
  auto uninterrupted = std::async(std::launch::async, [&] {
    auto said = whole.adopt({"--policy", policy, "--apply"});
    took = since();
    return said;
  });
  ASSERT_NO_FATAL_FAILURE(kill_three_times(killed, policy));
  const auto rest = killed.adopt({"--policy", policy, "--apply"});
  const double with_kills = since();
  EXPECT_EQ(rest.exit_code, 0) << rest.output.substr(0, 4'000);
  const auto said = uninterrupted.get();
  EXPECT_EQ(said.exit_code, 0) << said.output.substr(0, 4'000);
  const auto story = killed.story();
  EXPECT_EQ(apart(story, whole.story()), Lines{}) << "as it is written";
  fmt::print(
      "{} x {}: {} rows, compared; uninterrupted in {:.1f} s, with three kills in {:.1f} s\n",
      size.organizations, size.members, story.size(), took, with_kills);
  std::fflush(stdout);
  killed.start_worker();
  whole.start_worker();
  killed.settle();
  whole.settle();
  const auto settled = killed.story();
  EXPECT_EQ(apart(settled, whole.story()), Lines{}) << "as it ends";
  EXPECT_EQ(first_of(killed.differences()), Lines{});
  fmt::print("{} rows, compared, when all was confirmed after {:.1f} s\n", settled.size(), since());
}

}  // namespace
}  // namespace rolecall::testing
