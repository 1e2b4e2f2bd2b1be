// Two hundred random stories against the programs themselves: people change a member's roles here
// and in the dashboard, requests are lost or land late, events are held back, workers are killed.
// At rest both sides hold the same, and what was taken away here last is nowhere.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

constexpr int kStories = 200;
constexpr int kOrganizations = 20;
constexpr int kLongest = 7;  // changes of one member
const std::vector<std::string> kSlugs{"member", "editor", "viewer"};

using Slugs = std::set<std::string>;

unsigned seed() {
  const char* given = std::getenv("ROLECALL_INTERLEAVING_SEED");
  return given != nullptr ? static_cast<unsigned>(std::atoi(given)) : 1;
}

struct Story {
  std::string user;
  std::string organization;  // here; at WorkOS with org_ before it
  int left = 0;
  bool ended_there = false;   // somebody ended the membership in the dashboard
  bool here_last = false;     // the newest change was made here
  bool came_or_went = false;  // by it: the whole set counts, else what it changed
  Slugs before{};
  Slugs wanted{};
};

class Interleavings : public ::testing::Test {
 protected:
  Interleavings() : chance_(seed()) {
    stand.db().sql(
        "update rolecall.provider_control set visibility_ms = 400, send_window_ms = 3000, "
        "guard_minimum = 1000000");
    std::string organizations;
    for (int i = 0; i < kOrganizations; ++i) {
      stand.db().sql("select rolecall.upsert_organization($1, $1, 'org_' || $1)",
                     {fmt::format("o{}", i)});
      organizations += fmt::format(R"({}{{"id":"org_o{}","name":"O"}})", i == 0 ? "" : ",", i);
    }
    std::string users;
    for (int i = 0; i < kStories; ++i) {
      Story story;
      story.user = fmt::format("p{}", i);
      story.organization = fmt::format("o{}", i % kOrganizations);
      story.left = 2 + static_cast<int>(chance_() % (kLongest - 1));
      stand.db().sql("select rolecall.upsert_user($1, $1 || '@x', 'user_' || $1)", {story.user});
      users += fmt::format(R"({}{{"id":"user_p{}","email":"p{}@x"}})", i == 0 ? "" : ",", i, i);
      stories.push_back(std::move(story));
    }
    stand.control("POST", "/_emulator/seed",
                  R"({"organizations":[)" + organizations + R"(],"users":[)" + users +
                      R"(],"roles":[{"slug":"editor","name":"E"},{"slug":"viewer","name":"V"}]})");
    for (const std::string slug : {"editor", "viewer"})
      stand.db().sql("select rolecall.upsert_global_role($1, $1)", {slug});
    stand.db().sql("update rolecall.schedules set every_ms = 50 where name = 'pull_events'");
    stand.db().sql("select rolecall.start_events()");
    stand.control("POST", "/_emulator/config", R"({"event_delay_ms":100})");
  }

  Slugs some_roles() {
    Slugs roles;
    while (roles.empty())
      for (const std::string& slug : kSlugs)
        if (chance_() % 2 == 0) roles.insert(slug);
    return roles;
  }
  static std::string joined(const Slugs& slugs, const std::string& quote) {
    std::string text;
    for (const std::string& slug : slugs) text += (text.empty() ? "" : ",") + quote + slug + quote;
    return text;
  }

  // What an application does, in one transaction with what it knows; what it is refused changes
  // nothing.
  void change_here(Story& story) {
    auto& db = stand.db();
    const Slugs roles = chance_() % 4 == 0 ? Slugs{} : some_roles();
    const Params who{story.organization, "user_" + story.user};
    try {
      db.sql("begin");
      db.sql("select rolecall.lock_subjects(array[rolecall.member_subject($1, $2)])", who);
      const bool member =
          db.value(
              "select exists (select from rolecall.organization_memberships where "
              "organization_id = $1 and workos_user_id = $2 and deleted_at is null)",
              who) == "t";
      const auto held = db.sql("select slug from rolecall.roles_of($1, $2)", who);
      const std::string call = roles.empty() ? "remove_member($1, $2)"
                               : member      ? "set_member_roles($1, $2, urns)"
                                             : "add_member($1, $2, urns)";
      db.sql("select rolecall." + call +
                 " from (select array_agg('role:global:' || id) as urns from rolecall.global_roles "
                 "where workos_slug in ('', " +
                 (roles.empty() ? "''" : joined(roles, "'")) + ")) x",
             who);
      db.sql("commit");
      story.here_last = true;
      story.came_or_went = !member || roles.empty();
      story.before.clear();
      for (std::size_t i = 0; i < held.size(); ++i) story.before.insert(held.text(i, "slug"));
      story.wanted = roles;
    } catch (const std::runtime_error&) {
      db.sql("rollback");
    }
  }
  // What a person does in the dashboard; what WorkOS refuses changes nothing.
  void change_there(Story& story) {
    const std::string path = "/user_management/organization_memberships";
    const auto found = stand.api(path + "?statuses=active,inactive,pending&user_id=user_" +
                                 story.user + "&organization_id=org_" + story.organization);
    const auto at = found.find("\"id\":\"om_");
    const std::string id =
        at == std::string::npos ? "" : found.substr(at + 6, found.find('"', at + 6) - at - 6);
    const std::string roles = joined(some_roles(), "\"");
    std::string edit = fmt::format(
        R"({{"method":"PUT","path":"{}/{}","body":{{"role_slugs":[{}]}}}})", path, id, roles);
    if (id.empty())
      edit = fmt::format(
          R"({{"method":"POST","path":"{}","body":{{"organization_id":"org_{}","user_id":"user_{}","role_slugs":[{}]}}}})",
          path, story.organization, story.user, roles);
    else if (chance_() % 4 == 0)
      edit = fmt::format(R"({{"method":"DELETE","path":"{}/{}","body":null}})", path, id);
    try {
      stand.control("POST", "/_emulator/edit", edit);
      story.here_last = false;
      story.ended_there = story.ended_there || edit.find("DELETE") != std::string::npos;
    } catch (const std::runtime_error&) {
    }
  }

  void disturb() {
    const std::string any = R"("probability":0.08,"count":100000)";
    stand.fault("PUT|POST|DELETE", ".*", "apply_then_reset", any);
    stand.fault("PUT|POST|DELETE", ".*", "reset", any);
    stand.fault("PUT|POST|DELETE", ".*", "status", R"("status":503,)" + any);
    stand.fault("PUT|POST|DELETE", ".*", "delay", R"("delay_ms":300,)" + any);
    stand.fault("GET", "/events.*", "status", R"("status":500,)" + any);
  }

  // user -> slugs; nobody who is no member.
  std::map<std::string, Slugs> here() {
    std::map<std::string, Slugs> all;
    const auto rows = stand.db().sql(
        "select m.workos_user_id as who, r.slug from rolecall.organization_memberships m join "
        "lateral rolecall.roles_of(m.organization_id, m.workos_user_id) r on true where "
        "m.deleted_at is null and m.status = 'active'");
    for (std::size_t i = 0; i < rows.size(); ++i)
      all[rows.text(i, "who")].insert(rows.text(i, "slug"));
    return all;
  }
  std::map<std::string, Slugs> there() {
    std::map<std::string, Slugs> all;
    const auto state = stand.control("GET", "/_emulator/state");
    const auto rows = stand.db().sql(
        "select m ->> 'user_id' as who, r as slug from jsonb_array_elements($1::jsonb -> "
        "'memberships') m, jsonb_array_elements_text(m -> 'role_slugs') r",
        {state});
    for (std::size_t i = 0; i < rows.size(); ++i)
      all[rows.text(i, "who")].insert(rows.text(i, "slug"));
    return all;
  }

  // What happened to a member, as both sides told it, for whoever has to find out why.
  std::string history(const Story& story) {
    return stand.db().value(
        "select string_agg(to_char(at, 'MI:SS.MS ') || what, e'\n' order by at) from ("
        "select at, action || ' v' || coalesce(version::text, '') || ' ' || coalesce(detail ->> "
        "'detail', detail ->> 'after', '') as what from rolecall.audit_log where subject = $1 "
        "union "
        "all select received_at, 'event ' || type || ' ' || at || ' ' || actor || ' ' || coalesce("
        "shown #>> '{value,roles}', 'ended') || ' ' || (shown ->> 'incarnation') || ' -> ' || "
        "outcome from rolecall.inbox where subject = $1 union all select at, 'attempt v' || "
        "version "
        "|| ' ' || outcome || ' ' || failure_code || ' ' || coalesce(http_status::text, '') from "
        "rolecall.outbox_attempts where subject = $1) x",
        {"member:" + story.organization + ":user_" + story.user});
  }

  // The backoff of what failed last may be long, and the machine slow: three times the usual bound.
  void until_at_rest() {
    const std::string unfinished =
        "select count(*) from rolecall.convergence "
        "where state <> 'confirmed'";
    for (int patience = 2; patience > 0; --patience) {
      try {
        return stand.until(unfinished, "0");
      } catch (const std::runtime_error&) {
        // still moving
      }
    }
    stand.until(unfinished, "0");
  }

  std::size_t dice(std::size_t sides) { return chance_() % sides; }

  Stand stand{};
  std::vector<Story> stories{};
  std::mt19937 chance_;
};

TEST_F(Interleavings, EndWithBothSidesEqualAndNothingRevivedThatWasTakenAway) {
  disturb();
  std::vector<Process*> workers{&stand.start_worker(), &stand.start_worker()};
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < stories.size(); ++i) open.push_back(i);
  for (int step = 0; !open.empty(); ++step) {
    const std::size_t at = dice(open.size());
    Story& story = stories[open[at]];
    if (dice(2) == 0)
      change_here(story);
    else
      change_there(story);
    if (--story.left == 0) open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
    if (step % 150 == 149) {
      Process*& victim = workers[dice(workers.size())];
      victim->kill();
      victim = &stand.start_worker();
    }
  }
  stand.control("DELETE", "/_emulator/faults");
  until_at_rest();
  // What was on its way when the last subject was confirmed: the stream says it all.
  stand.until("select count(*) from rolecall.inbox where applied_at is null", "0");

  const auto local = here();
  const auto remote = there();
  for (const Story& story : stories) {
    const std::string who = "user_" + story.user;
    const auto roles = [&](const std::map<std::string, Slugs>& side) {
      const auto found = side.find(who);
      return found == side.end() ? std::string("nothing") : joined(found->second, "");
    };
    EXPECT_EQ(roles(local), roles(remote)) << who << ", seed " << seed();
    if (!story.here_last) continue;
    const auto found = remote.find(who);
    const Slugs held = found == remote.end() ? Slugs{} : found->second;
    // An end beats a change of what has ended, whenever that was made; and who would be left
    // without a role has the default one.
    if (!story.came_or_went && (story.ended_there || held == Slugs{"member"})) continue;
    for (const std::string& slug : kSlugs) {
      const bool changed = story.before.contains(slug) != story.wanted.contains(slug);
      if (story.came_or_went || changed)
        EXPECT_EQ(held.contains(slug), story.wanted.contains(slug))
            << who << " and " << slug << ": its newest change was made here; seed " << seed()
            << "\n"
            << history(story);
    }
  }
}

}  // namespace
}  // namespace rolecall::testing
