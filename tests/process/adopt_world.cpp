#include "tests/process/adopt_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

namespace rolecall::testing {
namespace {

namespace json = boost::json;

constexpr auto kBound = std::chrono::minutes(30);

// What a member has here and at WorkOS, by its number; empty: no member.
struct Kind {
  const char* here;
  const char* there;
};
constexpr std::array kKinds{Kind{"member", "member"},
                            Kind{"member", "member"},
                            Kind{"admin", "member"},
                            Kind{"org-both", "org-there member"},
                            Kind{"member", ""},
                            Kind{"", "admin"},
                            Kind{"org-both member", "org-both member"},
                            Kind{"org-here", "member"}};

const Kind& kind_of_member(int m) {
  return kKinds.at(static_cast<std::size_t>(m) % kKinds.size());
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

json::array array_of(const std::string& text) {
  json::array array;
  for (const auto& word : words_of(text)) array.emplace_back(word);
  return array;
}

std::string text_at(const json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

std::string sorted(const json::array& from) {
  std::vector<std::string> words;
  for (const auto& word : from) words.emplace_back(word.as_string());
  std::ranges::sort(words);
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace

AdoptWorld::AdoptWorld(AdoptSize size) {
  // The guard has a test of its own. Nothing is lost here: what takes long on a busy machine is not
  // said again. Acme and its people are the stand's.
  db().sql("update rolecall.provider_control set guard_share = 1, send_window_ms = 60000");
  db().sql("delete from rolecall.organizations");
  db().sql("delete from rolecall.users");
  db().sql("delete from rolecall.global_roles where workos_slug = 'admin'");  // becomes known
  seed_workos(size);
  seed_here(size);
}

void AdoptWorld::seed_workos(AdoptSize size) {
  for (int o = 0; o < size.organizations; ++o) {
    const auto workos = fmt::format("org_a{}", o);
    json::array users, memberships;
    for (int m = 0; m < size.members; ++m) {
      const auto user = fmt::format("user_{}_{}", o, m);
      json::object person{{"id", user}, {"email", fmt::format("P{}.{}@Example.com", o, m)}};
      if (m % 4 == 0) person["external_id"] = fmt::format("p{}.{}", o, m);
      users.push_back(std::move(person));
      if (*kind_of_member(m).there != '\0')
        memberships.push_back({{"organization_id", workos},
                               {"user_id", user},
                               {"role_slugs", array_of(kind_of_member(m).there)}});
    }
    const auto role = [&](const char* slug, const char* name) {
      return json::object{{"organization_id", workos}, {"slug", slug}, {"name", name}};
    };
    json::array roles{role("org-both", "Both"), role("org-differs", "Theirs"),
                      role("org-there", "There")};
    roles[1].as_object()["permissions"] = json::array{"a:read"};
    stand_.control(
        "POST", "/_emulator/seed",
        json::serialize(json::object{{"organizations",
                                      {{{"id", workos},
                                        {"name", fmt::format("O{}", o)},
                                        {"external_id", fmt::format("o{}", o)}}}},
                                     {"users", users},
                                     {"permissions", {{{"slug", "a:read"}}, {{"slug", "a:write"}}}},
                                     {"roles", roles},
                                     {"memberships", memberships}}));
  }
}

// As the owner, around all functions: a copy of what the team has had for years. Every fourth
// person is known by the external_id, every twelfth by the address only; the others are linked.
void AdoptWorld::seed_here(AdoptSize size) {
  const Params sizes{std::to_string(size.organizations), std::to_string(size.members)};
  db().sql(
      "insert into rolecall.organizations (id, name, workos_organization_id) select 'o' || o, 'O' "
      "|| o, case when o % 2 = 0 then 'org_a' || o end from generate_series(0, $1::int - 1) o",
      {sizes[0]});
  db().sql(
      "insert into rolecall.users (id, email, workos_user_id) select format('p%s.%s', o, m), "
      "format('p%s.%s@example.com', o, m), case when m % 4 <> 0 and m % 12 <> 2 then "
      "format('user_%s_%s', o, m) end "
      "from generate_series(0, $1::int - 1) o, generate_series(0, $2::int - 1) m where m % 11 <> "
      "10",
      sizes);
  db().sql(
      "insert into rolecall.organization_roles (organization_id, workos_slug, name, permissions) "
      "select 'o' || o, r.slug, r.name, r.permissions from generate_series(0, $1::int - 1) o, "
      "(values ('org-both', 'Both', null), ('org-differs', 'Ours', array['a:write']), ('org-here', "
      "'Here', array['a:read'])) r (slug, name, permissions)",
      {sizes[0]});
  db().sql("insert into rolecall.global_roles (workos_slug, name) values ('admin', 'Admin')");
  for (std::size_t k = 0; k < kKinds.size(); ++k) {
    const auto slugs = words_of(kKinds.at(k).here);
    if (slugs.empty()) continue;
    // every second one changed here long ago, the others a moment hence
    db().sql(
        "with m as (insert into rolecall.organization_memberships (organization_id, "
        "workos_user_id, user_id, updated_at) select 'o' || o, format('user_%s_%s', o, m), (select "
        "u.id from rolecall.users u where u.workos_user_id = format('user_%s_%s', o, m)), case "
        "when (m / 8) % 2 = 0 then timestamptz '2020-01-01' else timestamptz '2999-01-01' end from "
        "generate_series(0, $1::int - 1) o, generate_series(0, $2::int - 1) m where m % 8 = "
        "$3::int returning *) insert into rolecall.organization_role_assignments (organization_id, "
        "workos_user_id, user_id, role_urn, created_at, updated_at) select m.organization_id, "
        "m.workos_user_id, m.user_id, coalesce((select r.subject from rolecall.organization_roles "
        "r where r.organization_id = m.organization_id and r.workos_slug = s), (select "
        "'role:global:' || g.id from rolecall.global_roles g where g.workos_slug = s)), "
        "m.updated_at, m.updated_at from m, unnest($4::text[]) s",
        {sizes[0], sizes[1], std::to_string(k), array_literal(slugs)});
  }
}

ProcessOptions AdoptWorld::program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "adopt");
  return stand_.program(std::move(arguments));
}

Finished AdoptWorld::adopt(std::vector<std::string> arguments) {
  return run(program(std::move(arguments)), kBound);
}

json::object AdoptWorld::adopt_json(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const auto said = adopt(std::move(arguments));
  json::error_code broken;
  auto document = json::parse(said.output, broken);
  if (broken) throw std::runtime_error("no JSON: " + said.output.substr(0, 4'000));
  return document.as_object();
}

void AdoptWorld::settle() {
  const auto end = std::chrono::steady_clock::now() + kBound;
  std::mutex mutex;
  std::condition_variable never;
  const std::string owed =
      "select c.subject from rolecall.convergence c left join rolecall.observed o using (subject) "
      "where c.state <> 'confirmed' or o.pending_read is not null or o.reduce_due_at is not null "
      "or o.absent_since is not null or o.verify_at < now() + interval '1 s'";
  while (value("select not exists (" + owed + ") and not exists (select from rolecall.outbox)") !=
         "t") {
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error("never confirmed: " +
                               value("select string_agg(x.subject, ', ') from (" + owed + ") x"));
    std::unique_lock lock(mutex);
    never.wait_for(lock, std::chrono::milliseconds(50));
  }
}

std::string AdoptWorld::everything() {
  const auto tables = db().sql(
      "select format('select coalesce(md5(string_agg(t::text, chr(10) order by t::text)), %L) "
      "from rolecall.%I t', c.relname, c.relname) as ask, c.relname as name from pg_class c where "
      "c.relnamespace = 'rolecall'::regnamespace and c.relkind in ('r', 'p') and not "
      "c.relispartition and c.relname <> 'provider_pace' order by 2");
  std::string all;
  for (std::size_t i = 0; i < tables.size(); ++i)
    all += tables.text(i, "name") + " " + value(tables.text(i, "ask")) + "\n";
  return all;
}

std::vector<std::string> AdoptWorld::story() {
  // a role's subject has its uuid in it, and its object_key has not
  const auto rows = db().sql(
      "with s as (select subject, object_key as k from rolecall.subjects), x (line) as ("
      "select concat_ws(' ', 'organization', id, name, workos_organization_id) from "
      "rolecall.organizations "
      "union all select concat_ws(' ', 'user', id, email, workos_user_id, deleted_at is null) from "
      "rolecall.users "
      "union all select concat_ws(' ', 'global', workos_slug, name, deleted_at is null) from "
      "rolecall.global_roles "
      "union all select concat_ws(' ', 'role', organization_id, workos_slug, name, description, "
      "permissions, deleted_at is null) from rolecall.organization_roles "
      "union all select concat_ws(' ', 'member', organization_id, workos_user_id, user_id, status, "
      "directory_managed, deleted_at is null) from rolecall.organization_memberships "
      "union all select concat_ws(' ', 'holds', a.organization_id, a.workos_user_id, a.user_id, "
      "coalesce(r.workos_slug, g.workos_slug), a.deleted_at is null) from "
      "rolecall.organization_role_assignments a left join rolecall.organization_roles r on "
      "r.subject = a.role_urn left join rolecall.global_roles g on a.role_urn = 'role:global:' || "
      "g.id "
      "union all select concat_ws(' ', 'subject', object_key, version, kind, desired) from "
      "rolecall.subjects "
      "union all select concat_ws(' ', 'observed', object_key, seen, seen_status, echoed_version, "
      "confirmed_version, unresolved) from rolecall.observed "
      "union all select concat_ws(' ', 'lane', s.k, l.kind, l.state, l.wanted_version, "
      "l.delivered_version, l.desired) from rolecall.lanes l join s using (subject) "
      "union all select concat_ws(' ', 'row', s.k, h.version, h.kind, h.desired, h.priority, "
      "h.reason) from rolecall.outbox_history h join s using (subject) "
      "union all select concat_ws(' ', 'row', s.k, h.version, h.kind, h.desired, h.priority, "
      "h.reason) from rolecall.outbox h join s using (subject) "
      "union all select concat_ws(' ', 'confirmed', s.k, c.version, c.source) from "
      "rolecall.confirmations c join s using (subject) "
      "union all select distinct concat_ws(' ', 'audit', coalesce(s.k, a.subject), "
      "a.organization_id, a.version, a.action, a.reason) from rolecall.audit_log a left join s "
      "using (subject) where a.action not like 'upsert%' "
      "union all select concat_ws(' ', 'adoption', organization_id, state, reason, counts) from "
      "rolecall.adoptions "
      "union all select 'left over ' || count(*) from rolecall.adoption_things) "
      "select line from x order by line collate \"C\"");
  auto lines = there();
  for (std::size_t i = 0; i < rows.size(); ++i) lines.push_back(rows.text(i, "line"));
  return lines;
}

std::vector<std::string> AdoptWorld::there() {
  std::vector<std::string> lines;
  const auto state = json::parse(stand_.control("GET", "/_emulator/state")).as_object();
  for (const auto& entry : state.at("memberships").as_array()) {
    const auto& one = entry.as_object();
    lines.push_back(fmt::format("there {} {} {} {}", text_at(one, "organization_id"),
                                text_at(one, "user_id"), text_at(one, "status"),
                                sorted(one.at("role_slugs").as_array())));
  }
  for (const auto& entry : state.at("roles").as_array()) {
    const auto& one = entry.as_object();
    if (one.contains("organization_id"))
      lines.push_back(fmt::format("there {} {} {} {}", text_at(one, "organization_id"),
                                  text_at(one, "slug"), text_at(one, "name"),
                                  sorted(one.at("permissions").as_array())));
  }
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> AdoptWorld::differences() {
  // permissions that are not managed here are not compared
  const auto rows = db().sql(
      "select concat_ws(' ', 'there', g.workos_organization_id, m.workos_user_id, m.status, "
      "coalesce((select string_agg(r.slug, ' ' order by r.slug collate \"C\") from "
      "rolecall.roles_of(m.organization_id, m.workos_user_id) r), '')) as line from "
      "rolecall.organization_memberships m join rolecall.organizations g on g.id = "
      "m.organization_id where m.deleted_at is null union all select concat_ws(' ', 'there', "
      "g.workos_organization_id, r.workos_slug, r.name, '') || coalesce((select string_agg(p, ' ' "
      "order by p) from unnest(r.permissions) p), '') from rolecall.organization_roles r join "
      "rolecall.organizations g on g.id = r.organization_id where r.deleted_at is null");
  std::vector<std::string> here;
  for (std::size_t i = 0; i < rows.size(); ++i) here.push_back(rows.text(i, "line"));
  std::ranges::sort(here);
  const auto remote = there();
  std::vector<std::string> different;
  std::ranges::set_symmetric_difference(here, remote, std::back_inserter(different));
  return different;
}

std::vector<std::string> AdoptWorld::methods() {
  std::vector<std::string> methods;
  const auto log = json::parse(stand_.control("GET", "/_emulator/log")).as_object();
  for (const auto& entry : log.at("requests").as_array())
    methods.push_back(text_at(entry.as_object(), "method"));
  return methods;
}

}  // namespace rolecall::testing
