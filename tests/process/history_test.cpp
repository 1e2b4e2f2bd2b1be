// A recorded run: people change members' roles here and in the dashboard, roles come, go and come
// again under their slugs, requests are lost. Afterwards held_role is asked at a thousand random
// instants, and is right about both sides. The truth is the test's own: here a trigger notes each
// change between two instants; WorkOS's side is folded from what the emulator says happened.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "tests/emulator/times.hpp"
#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

namespace json = boost::json;

constexpr int kPeople = 12;
constexpr int kSteps = 400;
constexpr int kQuestions = 1000;
constexpr std::size_t kLasting = 3;  // member, editor, viewer
using Micros = std::int64_t;         // since 1970
constexpr Micros kMillisecond = 1000;

unsigned history_seed() {
  const char* given = std::getenv("ROLECALL_HISTORY_SEED");
  return given != nullptr ? static_cast<unsigned>(std::atoi(given)) : 1;
}

Micros micros_of(const json::value& time) {
  const auto at = emulator::parse_time(std::string_view(time.as_string()));
  return std::chrono::duration_cast<std::chrono::microseconds>(at->time_since_epoch()).count();
}

// A change of one role of one member here, made at some instant from `from` to `until`.
struct LocalChange {
  std::string role;
  bool held = false;
  Micros from = 0;
  Micros until = 0;
};

// What a membership was at WorkOS from then on; no active one: no slugs.
struct RemoteChange {
  Micros at = 0;
  std::set<std::string> slugs{};
};

struct RoleThere {
  std::string name;
  Micros from = 0;
  std::optional<Micros> until{};
};

struct Question {
  std::string user;
  std::string role;
  Micros at = 0;
  bool local = false;
  std::optional<bool> workos{};  // none: before the first event of the member, so not yes
};

struct RoleHere {
  std::string urn;
  std::string slug;
  std::string name;
};

class RecordedRun : public ::testing::Test {
 protected:
  RecordedRun() : chance_(history_seed()) {
    stand.db().sql(
        "update rolecall.provider_control set visibility_ms = 400, send_window_ms = 3000, "
        "wait_bound_ms = 1000, guard_minimum = 1000000");
    std::string users;
    for (int i = 0; i < kPeople; ++i) {
      stand.db().sql("select rolecall.upsert_user($1, $1 || '@x', 'user_' || $1)",
                     {fmt::format("p{}", i)});
      users += fmt::format(R"({}{{"id":"user_p{}","email":"p{}@x"}})", i == 0 ? "" : ",", i, i);
    }
    stand.control("POST", "/_emulator/seed",
                  R"({"users":[)" + users +
                      R"(],"roles":[{"slug":"editor","name":"E"},{"slug":"viewer","name":"V"}]})");
    for (const std::string slug : {"editor", "viewer"})
      stand.db().sql("select rolecall.upsert_global_role($1, $1)", {slug});
    record_local_changes();
    stand.db().sql("update rolecall.schedules set every_ms = 50 where name = 'pull_events'");
    stand.db().sql("select rolecall.start_events()");
    stand.control("POST", "/_emulator/config", R"({"event_delay_ms":100})");
  }

  void record_local_changes() {
    auto& db = stand.db();
    db.sql(
        "create table public.local_changes (n bigint generated always as identity, who text, "
        "role text, held boolean, began timestamptz, ended timestamptz)");
    db.sql(
        "create function public.note() returns trigger language plpgsql security definer as $$ "
        "begin insert into public.local_changes (who, role, held, began, ended) values (case when "
        "tg_table_name = 'organization_roles' then null else to_jsonb(new) ->> 'workos_user_id' "
        "end, coalesce(to_jsonb(new) ->> 'role_urn', to_jsonb(new) ->> 'subject'), (to_jsonb(new) "
        "-> 'deleted_at') = 'null', transaction_timestamp(), clock_timestamp()); return null; end "
        "$$");
    db.sql(
        "create trigger noted after insert on rolecall.organization_role_assignments for each row "
        "execute function public.note()");
    for (const std::string table : {"organization_role_assignments", "organization_roles"})
      db.sql("create trigger noted_end after update on rolecall." + table +
             " for each row when (old.deleted_at is distinct from new.deleted_at) execute function "
             "public.note()");
  }

  std::size_t dice(std::size_t sides) { return chance_() % sides; }
  template <class T>
  const T& one_of(const std::vector<T>& many) {
    return many[dice(many.size())];
  }
  std::string some_person() { return fmt::format("p{}", dice(kPeople)); }

  // What an application does, in one transaction; what it is refused changes nothing.
  void change_here() {
    const Params who{"user_" + some_person()};
    const bool leave = dice(5) == 0;
    auto& db = stand.db();
    try {
      db.sql("begin");
      db.sql("select rolecall.lock_subjects(array[rolecall.member_subject('acme', $1)])", who);
      const bool member = db.value(
                              "select exists (select from rolecall.organization_memberships where "
                              "workos_user_id = $1 and deleted_at is null)",
                              who) == "t";
      std::string urns;
      const auto roles = db.sql(
          "select role_urn from rolecall.list_roles('acme') where slug <> "
          "'admin'");
      while (urns.empty())
        for (std::size_t i = 0; i < roles.size(); ++i)
          if (dice(2) == 0) urns += (urns.empty() ? "'" : ",'") + roles.text(i, "role_urn") + "'";
      db.sql("select rolecall." + (leave    ? std::string("remove_member('acme', $1)")
                                   : member ? "set_member_roles('acme', $1, array[" + urns + "])"
                                            : "add_member('acme', $1, array[" + urns + "])"),
             who);
      db.sql("commit");
    } catch (const std::runtime_error&) {
      db.sql("rollback");
    }
  }
  // A role of the organization is made, or deleted and thus its slug free for another.
  void change_a_role_here() {
    const auto slug = fmt::format("org-l{}", dice(2));
    const auto live = stand.db().value(
        "select subject from rolecall.organization_roles where workos_slug = $1 and deleted_at is "
        "null",
        {slug});
    if (live.empty())
      stand.db().sql("select rolecall.create_role('acme', $1, null, $2)",
                     {fmt::format("L{}", ++roles_made_), slug});
    else
      stand.db().sql("select rolecall.delete_role($1)", {live});
  }

  // What WorkOS refuses changes nothing.
  void edit(const std::string& method, const std::string& path, const std::string& body = "null") {
    try {
      stand.control("POST", "/_emulator/edit",
                    fmt::format(R"({{"method":"{}","path":"{}","body":{}}})", method, path, body));
    } catch (const std::runtime_error&) {
    }
  }
  void change_there() {
    const std::string user = "user_" + some_person();
    const std::string path = "/user_management/organization_memberships";
    const auto found = stand.api(path + "?statuses=active,inactive,pending&user_id=" + user +
                                 "&organization_id=org_1");
    const auto at = found.find("\"id\":\"om_");
    std::string slugs = "\"member\"";
    for (const std::string slug : {"editor", "viewer", "org-d0", "org-d1", "org-l0", "org-l1"})
      if (found.find("\"" + slug + "\"") != std::string::npos || dice(3) == 0)
        if (dice(3) != 0 && stand_has(slug)) slugs += ",\"" + slug + "\"";
    if (at == std::string::npos)
      return edit("POST", path,
                  fmt::format(R"({{"organization_id":"org_1","user_id":"{}","role_slugs":[{}]}})",
                              user, slugs));
    const auto one = path + "/" + found.substr(at + 6, found.find('"', at + 6) - at - 6);
    switch (dice(7)) {
      case 0:
        return edit("DELETE", one);
      case 1:
        return edit("PUT", one + "/deactivate");
      case 2:
      case 3:
        return edit("PUT", one + "/reactivate");
      default:
        return edit("PUT", one, fmt::format(R"({{"role_slugs":[{}]}})", slugs));
    }
  }
  bool stand_has(const std::string& slug) {
    return !slug.starts_with("org-") ||
           stand.api("/authorization/organizations/org_1/roles").find("\"" + slug + "\"") !=
               std::string::npos;
  }
  void change_a_role_there() {
    const auto slug = fmt::format("org-d{}", dice(2));
    const std::string path = "/authorization/organizations/org_1/roles";
    if (stand_has(slug)) return edit("DELETE", path + "/" + slug);
    edit("POST", path, fmt::format(R"({{"name":"D{}","slug":"{}"}})", ++roles_made_, slug));
  }

  void disturb() {
    const std::string any = R"("probability":0.05,"count":100000)";
    stand.fault("PUT|POST|DELETE", ".*", "apply_then_reset", any);
    stand.fault("PUT|POST|DELETE", ".*", "reset", any);
    stand.fault("PUT|POST|DELETE", ".*", "delay", R"("delay_ms":200,)" + any);
  }
  void run() {
    disturb();
    stand.start_worker();
    stand.start_worker();
    for (int step = 0; step < kSteps; ++step) {
      const auto kind = dice(12);
      if (kind < 5)
        change_here();
      else if (kind < 10)
        change_there();
      else if (kind == 10)
        change_a_role_here();
      else
        change_a_role_there();
      if (dice(20) == 0) stand.until("select count(*) from rolecall.outbox", "0");
    }
    stand.control("DELETE", "/_emulator/faults");
    until_at_rest();
    stand.until("select count(*) from rolecall.inbox where applied_at is null", "0");
  }

  // The backoff of what failed last may be long: twice the usual bound.
  void until_at_rest() {
    const std::string unfinished =
        "select count(*) from rolecall.convergence where state <> 'confirmed'";
    try {
      stand.until(unfinished, "0");
    } catch (const std::runtime_error&) {
      stand.until(unfinished, "0");
    }
  }

  void read_local_truth() {
    const auto rows = stand.db().sql(
        "select coalesce(who, '') as who, role, held, (extract(epoch from began) * "
        "1000000)::bigint "
        "as began, (extract(epoch from ended) * 1000000)::bigint as ended from "
        "public.local_changes order by n");
    for (std::size_t i = 0; i < rows.size(); ++i)
      here[rows.text(i, "who")].push_back({rows.text(i, "role"), rows.text(i, "held") == "t",
                                           rows.number(i, "began"), rows.number(i, "ended")});
    const auto named = stand.db().sql(
        "select 'role:global:' || id as urn, workos_slug as slug, '' as name from "
        "rolecall.global_roles where workos_slug <> 'admin' union all select subject, workos_slug, "
        "name from rolecall.organization_roles order by name, slug");
    for (std::size_t i = 0; i < named.size(); ++i)
      roles_here.push_back({named.text(i, "urn"), named.text(i, "slug"), named.text(i, "name")});
  }
  // From the emulator's own list of what happened, page by page.
  void read_remote_truth() {
    std::string after;
    for (;;) {
      const auto page = json::parse(
          stand.api("/events?order=asc&limit=100&events=organization_membership.created,"
                    "organization_membership.updated,organization_membership.deleted,"
                    "organization_role.created,organization_role.deleted" +
                    (after.empty() ? "" : "&after=" + after)));
      const auto& events = page.at("data").as_array();
      if (events.empty()) return;
      for (const auto& event : events) take_event(event);
      after = std::string(events.back().at("id").as_string());
    }
  }
  void take_event(const json::value& event) {
    const std::string_view type = event.at("event").as_string();
    const auto& data = event.at("data");
    const Micros at = micros_of(data.at("updated_at"));
    if (type.starts_with("organization_role.")) {
      auto& named = roles_there[std::string(data.at("slug").as_string())];
      if (type.ends_with("deleted"))
        named.back().until = at;
      else
        named.push_back({std::string(data.at("name").as_string()), at});
      return;
    }
    RemoteChange change{at};
    if (!type.ends_with("deleted") && data.at("status").as_string() == "active")
      for (const auto& role : data.at("roles").as_array())
        change.slugs.insert(std::string(role.at("slug").as_string()));
    there[std::string(data.at("user_id").as_string())].push_back(std::move(change));
  }

  // None: the instant lies in the uncertainty of a change.
  std::optional<bool> held_here(const std::string& user, const RoleHere& role, Micros at) {
    bool held = false;
    for (const std::string& who : {user, std::string()})
      for (const LocalChange& change : here[who]) {
        if (change.role != role.urn) continue;
        if (change.from <= at && at <= change.until) return std::nullopt;
        if (change.until < at) held = change.held;
      }
    return held;
  }
  // Sets what is expected of WorkOS; false in the uncertainty of a change.
  bool expect_there(Question& question, const RoleHere& role) {
    const RemoteChange* last = nullptr;
    for (const RemoteChange& change : there[question.user]) {
      if (change.at <= question.at && question.at < change.at + kMillisecond) return false;
      if (change.at <= question.at) last = &change;
    }
    if (last == nullptr) return true;
    question.workos = last->slugs.contains(role.slug);
    if (role.name.empty() || !*question.workos) return true;
    for (const RoleThere& one : roles_there[role.slug])
      if (one.from <= question.at && (!one.until || question.at < *one.until))
        question.workos = one.name == role.name;
    return true;
  }
  std::vector<Question> draw() {
    const auto rows = stand.db().sql(
        "select (extract(epoch from min(began)) * 1000000)::bigint as began, (extract(epoch from "
        "max(ended)) * 1000000)::bigint as ended from public.local_changes");
    const Micros from = rows.number(0, "began") - 100 * kMillisecond;
    const auto span = static_cast<std::uint64_t>(rows.number(0, "ended") - from);
    std::vector<Question> questions;
    while (questions.size() < kQuestions) {
      // Most roles of the organization live shortly: two questions in three are about others.
      const RoleHere& role = roles_here[dice(dice(3) == 0 ? roles_here.size() : kLasting)];
      Question question{
          "user_" + some_person(), role.urn,
          from + static_cast<Micros>((std::uint64_t{chance_()} << 20U ^ chance_()) % span)};
      const auto local = held_here(question.user, role, question.at);
      if (!local || !expect_there(question, role)) continue;
      question.local = *local;
      questions.push_back(std::move(question));
    }
    return questions;
  }

  Stand stand{};
  std::map<std::string, std::vector<LocalChange>> here{};    // by WorkOS user id; "": everybody
  std::map<std::string, std::vector<RemoteChange>> there{};  // by WorkOS user id
  std::map<std::string, std::vector<RoleThere>> roles_there{};
  std::vector<RoleHere> roles_here{};

 private:
  std::mt19937 chance_;
  int roles_made_ = 0;
};

TEST_F(RecordedRun, IsToldRightlyOfBothSidesAtAThousandRandomInstants) {
  run();
  read_local_truth();
  read_remote_truth();
  int yes_here = 0, yes_there = 0, known = 0, apart = 0;
  for (const Question& q : draw()) {
    const Params params{q.user, q.role, std::to_string(q.at)};
    const std::string asked =
        "select coalesce(h.local::text, 'null') as local, coalesce(h.workos::text, 'null') as "
        "workos from rolecall.held_role('acme', $1, $2, timestamptz 'epoch' + $3::bigint * "
        "interval '1 us') h";
    const auto told = stand.db().sql(asked, params);
    const auto about =
        fmt::format("{} and {} at {} us, seed {}", q.user, q.role, q.at, history_seed());
    EXPECT_EQ(told.text(0, "local"), q.local ? "true" : "false") << about;
    if (q.workos)
      EXPECT_EQ(told.text(0, "workos"), *q.workos ? "true" : "false") << about;
    else
      EXPECT_NE(told.text(0, "workos"), "true") << about;
    known += told.text(0, "workos") != "null" ? 1 : 0;
    yes_here += q.local ? 1 : 0;
    yes_there += q.workos.value_or(false) ? 1 : 0;
    apart += q.workos && q.local != *q.workos ? 1 : 0;
  }
  fmt::print("seed {}: of {} questions {} held here, {} at WorkOS, {} differ, {} known there\n",
             history_seed(), kQuestions, yes_here, yes_there, apart, known);
  EXPECT_GT(yes_here, kQuestions / 20);
  EXPECT_GT(yes_there, kQuestions / 20);
  EXPECT_GT(known, kQuestions / 2);

  // The history has each change of this side once, and at rest the last word of each is the same.
  EXPECT_EQ(
      stand.db().value("select count(*) from rolecall.users u, rolecall.role_history('acme', u.id) "
                       "h where h.decided_at is not null"),
      stand.db().value("select count(*) from public.local_changes where who is not null"));
}

}  // namespace
}  // namespace rolecall::testing
