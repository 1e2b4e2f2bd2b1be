#include "tests/process/reconcile_traffic.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rolecall::testing {
namespace {

namespace json = boost::json;

using Slugs = std::vector<std::string>;

// Sets of roles that every organization has.
const std::vector<Slugs> kSets{{"member"},          {"admin"},
                               {"member", "admin"}, {"member", "org-held-a"},
                               {"org-held-b"},      {"admin", "org-held-a", "org-held-b"}};

std::string words_of(Slugs slugs) {
  std::ranges::sort(slugs);
  return fmt::format("{}", fmt::join(slugs, " "));
}

std::string quoted(const Slugs& slugs) {
  return fmt::format(R"("{}")", fmt::join(slugs, R"(",")"));
}

constexpr const char* kUrns =
    "(select array_agg(coalesce((select r.subject from rolecall.organization_roles r where "
    "r.organization_id = $1 and r.workos_slug = s and r.deleted_at is null), (select "
    "'role:global:' || g.id from rolecall.global_roles g where g.workos_slug = s))) from "
    "unnest($3::text[]) s)";

}  // namespace

Traffic::Traffic(ReconcileWorld& world, std::uint64_t seed)
    : world_(world), database_(world.db().connect()), chance_(seed) {
  for (std::size_t i = 0; i < world.members.size(); ++i)
    (i % 3 == 0 ? ours_ : i % 3 == 1 ? theirs_ : shared_).push_back(world.members[i]);
  for (std::size_t i = 0; i < world.strangers.size(); ++i)
    (i % 2 == 0 ? joining_here_ : joining_there_).push_back(world.strangers[i]);
  for (std::size_t i = 0; i < world.roles.size(); ++i)
    (i % 2 == 0 ? our_roles_ : their_roles_).push_back(world.roles[i]);
}

void Traffic::step() {
  mutate();
  if (mutations_ % 3 == 0) edit();
}

void Traffic::await_worker() {
  world_.stand().until(
      [this] {
        const auto idle = database_.run(
            "select not exists (select from rolecall.outbox) and not exists (select from "
            "rolecall.inbox where applied_at is null) as idle");
        return idle && idle->flag(0, "idle");
      },
      "the worker keeps up");
}

void Traffic::expect(const Person& person, const std::string& what) {
  expected_[person.workos + " " + person.user] = what;
}

bool Traffic::run(const std::string& sql, const Params& params) {
  ++mutations_;
  if (database_.run(sql, params)) return true;
  ++refused_;
  return false;
}

void Traffic::mutate() {
  switch (chance_() % 8) {
    case 0:
      return join_or_leave_here(any(joining_here_));
    case 1: {
      const Role& role = any(our_roles_);
      const auto name = fmt::format("Ours {}", chance_() % 1000);
      if (run("select rolecall.update_role($1, $2)", {role.subject, name}))
        expected_[role.workos + " " + role.slug] = name;
      return;
    }
    case 2:
    case 3:
      return set_roles(any(shared_), false);
    default:
      return set_roles(any(ours_), true);
  }
}

void Traffic::set_roles(const Person& person, bool alone) {
  const Slugs& slugs = any(kSets);
  const bool done = run(std::string("select rolecall.set_member_roles($1, $2, ") + kUrns + ")",
                        {person.organization, person.user, array_literal(slugs)});
  if (done && alone) expect(person, words_of(slugs));
}

void Traffic::join_or_leave_here(const Person& person) {
  if (member_here_.contains(person.user)) {
    if (!run("select rolecall.remove_member($1, $2)", {person.organization, person.user})) return;
    member_here_.erase(person.user);
    return expect(person, "");
  }
  const Slugs& slugs = any(kSets);
  if (!run(std::string("select rolecall.add_member($1, $2, ") + kUrns + ")",
           {person.organization, person.user, array_literal(slugs)}))
    return;
  member_here_.insert(person.user);
  expect(person, words_of(slugs));
}

void Traffic::edit() {
  ++edits_;
  switch (chance_() % 8) {
    case 0:
    case 1:
      return join_or_leave_there(any(joining_there_));
    case 2: {
      const Role& role = any(their_roles_);
      const auto name = fmt::format("Theirs {}", chance_() % 1000);
      world_.edit("PATCH", role.path(), fmt::format(R"({{"name":"{}"}})", name));
      expected_[role.workos + " " + role.slug] = name;
      return;
    }
    case 3:
      if (edits_ % 10 == 0) return make_role_there(any(theirs_));
      [[fallthrough]];
    case 4:
      return edit_roles(any(shared_), false);
    default:
      return edit_roles(any(theirs_), true);
  }
}

void Traffic::edit_roles(const Person& person, bool alone) {
  const Slugs& slugs = any(kSets);
  world_.edit_roles(person, quoted(slugs));
  if (alone) expect(person, words_of(slugs));
}

void Traffic::make_role_there(const Person& holder) {
  const auto slug = fmt::format("org-made-{}", edits_);
  world_.edit("POST", "/authorization/organizations/" + holder.workos + "/roles",
              fmt::format(R"({{"name":"Made","slug":"{}"}})", slug));
  world_.edit_roles(holder, quoted({"member", slug}));
  expected_[holder.workos + " " + slug] = "Made";
  expect(holder, words_of({"member", slug}));
}

void Traffic::join_or_leave_there(const Person& person) {
  const std::string path = "/user_management/organization_memberships";
  if (const auto known = membership_.find(person.user); known != membership_.end()) {
    world_.edit("DELETE", path + "/" + known->second);
    membership_.erase(known);
    return expect(person, "");
  }
  const Slugs& slugs = any(kSets);
  const auto joined =
      world_.edit("POST", path,
                  fmt::format(R"({{"organization_id":"{}","user_id":"{}","role_slugs":[{}]}})",
                              person.workos, person.user, quoted(slugs)));
  membership_[person.user] = json::parse(joined).as_object().at("id").as_string();
  expect(person, words_of(slugs));
}

std::vector<std::string> Traffic::overwritten() {
  const auto text_at = [](const json::object& object, std::string_view key) {
    return std::string(object.at(key).as_string());
  };
  std::map<std::string, std::string> there;
  const auto state = json::parse(world_.stand().control("GET", "/_emulator/state")).as_object();
  for (const auto& entry : state.at("memberships").as_array()) {
    const auto& one = entry.as_object();
    Slugs slugs;
    for (const auto& slug : one.at("role_slugs").as_array()) slugs.emplace_back(slug.as_string());
    there[text_at(one, "organization_id") + " " + text_at(one, "user_id")] = words_of(slugs);
  }
  for (const auto& entry : state.at("roles").as_array()) {
    const auto& one = entry.as_object();
    if (one.contains("organization_id"))
      there[text_at(one, "organization_id") + " " + text_at(one, "slug")] = text_at(one, "name");
  }
  std::vector<std::string> lines;
  for (const auto& [name, what] : expected_)
    if (there[name] != what)
      lines.push_back(
          fmt::format("{}: '{}' was the newest, '{}' is there", name, what, there[name]));
  return lines;
}

}  // namespace rolecall::testing
