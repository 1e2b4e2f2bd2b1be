// `rolecall adopt` where something is in the way: the mass-revoke guard, what cannot be linked,
// what changes meanwhile, other attempts, and wrong usage.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <csignal>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

namespace json = boost::json;

constexpr int kCrowd = 12;  // more than guard_minimum

// acme is org_1 and linked; so are ann, bob and eve, who are no members.
class AdoptEdges : public ::testing::Test {
 protected:
  std::string value(const std::string& sql, const Params& params = {}) {
    return stand.db().value(sql, params);
  }
  Finished adopt(std::vector<std::string> arguments,
                 std::map<std::string, std::string> settings = {}) {
    arguments.insert(arguments.begin(), "adopt");
    return stand.rolecall(std::move(arguments), std::move(settings));
  }
  void seed(const json::object& document) {
    stand.control("POST", "/_emulator/seed", json::serialize(document));
  }
  static std::string user(int i) { return fmt::format("user_crowd{}", i); }
  // So many users at WorkOS; members there, or here.
  void crowd(bool there) {
    json::array users, memberships;
    for (int i = 0; i < kCrowd; ++i) {
      users.push_back({{"id", user(i)}, {"email", user(i) + "@example.com"}});
      memberships.push_back({{"organization_id", "org_1"}, {"user_id", user(i)}});
      if (!there) enter(user(i), "member");
    }
    seed({{"users", users}, {"memberships", there ? memberships : json::array{}}});
  }
  // As the owner: years ago.
  void enter(const std::string& person, const std::string& slug) {
    stand.db().sql(
        "insert into rolecall.organization_memberships (organization_id, workos_user_id) values "
        "('acme', $1)",
        {person});
    stand.db().sql(
        "insert into rolecall.organization_role_assignments (organization_id, workos_user_id, "
        "role_urn) select 'acme', $1, 'role:global:' || id from rolecall.global_roles where "
        "workos_slug = $2",
        {person, slug});
  }
  std::size_t members_there() {
    return json::parse(stand.control("GET", "/_emulator/state"))
        .at("memberships")
        .as_array()
        .size();
  }
  std::string members_here() {
    return value("select count(*) from rolecall.organization_memberships where deleted_at is null");
  }
  void approve() {
    const auto command =
        value("select command from rolecall.attention where reason = 'mass_revoke' limit 1");
    if (!command.empty()) stand.db().sql(command);
  }

  Stand stand{};
};

TEST_F(AdoptEdges, TheGuardHoldsWhatWouldRevokeTooMuchAtWorkos) {
  crowd(true);
  const auto said = adopt({"--policy", "local", "--apply"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.output.find("12 held by the mass-revoke guard"), std::string::npos) << said.output;
  stand.start_worker();
  stand.until("select count(*) from rolecall.attention where reason = 'mass_revoke'", "12");
  EXPECT_EQ(members_there(), 12U) << "nobody lost anything before a person agreed";
  approve();
  stand.until([&] { return members_there() == 0; }, "all are gone at WorkOS");
  stand.settle();
  EXPECT_EQ(members_here(), "0");
}

TEST_F(AdoptEdges, TheGuardHoldsWhatWouldRevokeTooMuchHere) {
  crowd(false);
  const auto said = adopt({"--policy", "workos", "--apply"});
  EXPECT_EQ(said.exit_code, 0) << said.output;
  EXPECT_NE(said.output.find("12 removed_here"), std::string::npos) << said.output;
  stand.start_worker();
  stand.until("select count(*) >= 3 from rolecall.attention where reason = 'mass_revoke'", "t");
  EXPECT_EQ(value("select count(*) >= 3 from rolecall.organization_memberships where deleted_at is "
                  "null"),
            "t");
  stand.until(
      [&] {
        approve();
        return members_here() == "0";
      },
      "all have ended here");
  EXPECT_EQ(value("select count(*) from rolecall.audit_log where action = 'external_remove'"),
            "12");
}

TEST_F(AdoptEdges, WhatCannotBeLinkedIsLeftAloneAndTold) {
  seed({{"organizations",
         {{{"id", "org_1"}, {"name", "Acme"}, {"external_id", "twin"}},
          {{"id", "org_good"}, {"name", "Good"}, {"external_id", "good"}}}},
        {"users",
         {{{"id", "user_u"}, {"email", "typed@example.com"}, {"email_verified", false}},
          {{"id", "user_v"}, {"email", "Twice@example.com"}},
          {{"id", "user_w"}, {"email", "w@example.com"}, {"external_id", "ann"}},
          {{"id", "user_x"}, {"email", "good@example.com"}}}},
        {"memberships",
         {{{"organization_id", "org_good"}, {"user_id", "user_u"}},
          {{"organization_id", "org_good"}, {"user_id", "user_v"}},
          {{"organization_id", "org_good"}, {"user_id", "user_w"}},
          {{"organization_id", "org_good"}, {"user_id", "user_x"}}}}});
  stand.db().sql(
      "insert into rolecall.organizations (id, name, workos_organization_id) values "
      "('gone', 'G', 'org_gone'), ('nowhere', 'N', null), ('twin', 'T', null), ('good', 'Good', "
      "null)");
  stand.db().sql(
      "insert into rolecall.users (id, email) values ('typed', 'typed@example.com'), ('one', "
      "'twice@example.com'), ('two', 'TWICE@example.com'), ('fine', 'GOOD@example.com')");
  const auto said = adopt({"--policy", "workos", "--apply", "--json"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_EQ(value("select string_agg(organization_id || ' ' || coalesce(reason, state), ', ' order "
                  "by organization_id) from rolecall.adoptions"),
            "acme conflict, gone gone, good done, nowhere not_found, twin conflict");
  EXPECT_EQ(value("select string_agg(id || ' ' || workos_user_id, ', ' order by id) from "
                  "rolecall.users where workos_user_id is not null"),
            "ann user_ann, bob user_bob, eve user_eve, fine user_x");
  EXPECT_EQ(value("select workos_organization_id from rolecall.organizations where id = 'good'"),
            "org_good");
  const auto document = json::parse(said.output).as_object();
  const auto& users = document.at("users").as_object();
  for (const auto* end : {"unverified", "ambiguous", "conflict", "link"})
    EXPECT_EQ(users.at(end).as_int64(), 1) << end;
  EXPECT_EQ(document.at("states").as_object().at("left").as_int64(), 4);
  EXPECT_EQ(members_here(), "4") << "who they are here can be said later";
}

TEST_F(AdoptEdges, WhatChangesWhileItIsReadIsLeftAlone) {
  crowd(false);
  auto holder = stand.db().connect_directly();
  ASSERT_TRUE(holder.script("begin"));
  ASSERT_TRUE(
      holder.run("select from rolecall.organization_memberships where workos_user_id = $1 "
                 "for update",
                 {user(3)}));
  auto options = stand.program({"adopt", "--policy", "local", "--apply"});
  Process adopting(std::move(options));
  stand.until(
      "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like "
      "'%adopt_organization_v1%' and datname = current_database()",
      "1");
  ASSERT_TRUE(
      holder.run("update rolecall.organization_role_assignments set deleted_at = now() "
                 "where workos_user_id = $1",
                 {user(3)}));
  ASSERT_TRUE(holder.script("commit"));
  EXPECT_EQ(adopting.wait(std::chrono::seconds(30)), 1);
  EXPECT_NE(adopting.output().find("1 changed while it was read"), std::string::npos)
      << adopting.output();
  EXPECT_EQ(value("select count(*) from rolecall.subjects where subject like '%crowd3'"), "0");
  EXPECT_EQ(value("select count(*) from rolecall.subjects where subject like 'member:%'"), "11");
}

TEST_F(AdoptEdges, AnOlderAttemptWritesNothingAnyMore) {
  value("select rolecall.adopt_run_v1('local', false)");
  const auto begin = [&] { return value("select rolecall.adopt_begin_v1('acme', 1)"); };
  const auto older = begin();
  const auto newer = begin();
  const auto stage = [&](const std::string& attempt) {
    return value("select rolecall.adopt_stage_v1('acme', $1::bigint, '[]')", {attempt});
  };
  EXPECT_EQ(stage(older), "f");
  EXPECT_EQ(stage(newer), "t");
  const auto finish = [&](const std::string& attempt) {
    return value("select rolecall.adopt_organization_v1('acme', $1::bigint, 'org_1') ->> 'fenced'",
                 {attempt});
  };
  EXPECT_EQ(finish(older), "true");
  EXPECT_EQ(finish(newer), "false");
  EXPECT_EQ(finish(newer), "true") << "it is done";
  EXPECT_EQ(begin(), "0") << "it is done in this run";
  value("select rolecall.adopt_run_v1('local', true)");
  EXPECT_EQ(value("select rolecall.adopt_begin_v1('acme', 2)"), "3") << "and not in the next one";
}

TEST_F(AdoptEdges, SigintEndsItAndTheDocumentIsWhole) {
  stand.fault("GET", ".*users[?].*", "stall");
  auto options =
      stand.program({"adopt", "--apply", "--json"}, {{"ROLECALL_CALL_DEADLINE_MS", "300"}});
  Process adopting(std::move(options));
  stand.until("select count(*) from rolecall.adoptions where state = 'reading'", "1");
  adopting.signal(SIGINT);
  EXPECT_EQ(adopting.wait(std::chrono::seconds(30)), 130);
  const auto output = adopting.output();
  const auto document = json::parse(output.substr(0, output.rfind('}') + 1)).as_object();
  EXPECT_EQ(document.at("interrupted").as_bool(), true);
  EXPECT_EQ(value("select count(*) from rolecall.audit_log where action like 'adopted%'"), "0");
  stand.control("DELETE", "/_emulator/faults");
  EXPECT_EQ(adopt({"--apply"}).exit_code, 0) << "and the next one goes on";
}

TEST_F(AdoptEdges, SaysByItsExitCodeWhatIsWrong) {
  EXPECT_EQ(adopt({"--organization", "nobody"}).exit_code, 2);
  EXPECT_EQ(adopt({"--policy", "mine"}).exit_code, 2);
  EXPECT_EQ(adopt({"--again"}).exit_code, 2) << "a dry run has nothing to begin";
  EXPECT_EQ(adopt({}, {{"WORKOS_API_BASE_URL", "http://127.0.0.1:1"}}).exit_code, 3);
  EXPECT_EQ(adopt({}, {{"DATABASE_URL", "postgresql://127.0.0.1:1/nowhere"}}).exit_code, 3);
  EXPECT_EQ(adopt({"--organization", "acme", "--apply"}).exit_code, 0);
  const auto other = adopt({"--policy", "workos", "--apply"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.output.find("continue it with --policy local"), std::string::npos)
      << other.output;
  EXPECT_EQ(adopt({"--policy", "workos", "--apply", "--again"}).exit_code, 0);
}

}  // namespace
}  // namespace rolecall::testing
