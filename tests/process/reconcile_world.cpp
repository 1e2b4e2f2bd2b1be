#include "tests/process/reconcile_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace rolecall::testing {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view key) {
  return std::string(object.at(key).as_string());
}

std::string sorted_words(const json::array& from) {
  std::vector<std::string> words;
  for (const auto& word : from) words.emplace_back(word.as_string());
  std::ranges::sort(words);
  return fmt::format("{}", fmt::join(words, " "));
}

StandOptions options_of(const WorldSize& size) {
  StandOptions options;
  options.emulator_flags.insert(options.emulator_flags.end(),
                                {"--event-delay-ms", std::to_string(size.event_delay_ms)});
  return options;
}

}  // namespace

ReconcileWorld::ReconcileWorld(WorldSize size) : stand_(std::make_unique<Stand>(options_of(size))) {
  seed(size);
  start_worker();
  for (const Person& person : members) {
    db().sql("select rolecall.add_member($1, $2, array[$3])",
             {person.organization, person.user, role_urn(person.organization, "org-held-b")});
  }
  settle();
  for (const Person& person : members) set_roles(person, {"member", "org-held-a"});
  settle();
  const auto ids = db().sql(
      "select workos_user_id, workos_membership_id from rolecall.organization_memberships");
  std::map<std::string, std::string> of_user;
  for (std::size_t i = 0; i < ids.size(); ++i)
    of_user[ids.text(i, "workos_user_id")] = ids.text(i, "workos_membership_id");
  for (Person& person : members) person.membership = of_user.at(person.user);
}

void ReconcileWorld::seed(WorldSize size) {
  // The guard has a test of its own.
  db().sql("update rolecall.provider_control set guard_share = 1, send_window_ms = 900000");
  std::string organizations, users;
  const auto add_user = [&](const std::string& id) {
    users += fmt::format(R"({}{{"id":"{}","email":"{}@example.com"}})", users.empty() ? "" : ",",
                         id, id);
  };
  for (int o = 0; o < size.organizations; ++o) {
    const auto name = fmt::format("o{}", o);
    const auto workos = fmt::format("org_r{}", o);
    organizations += fmt::format(R"({}{{"id":"{}","name":"{}"}})", organizations.empty() ? "" : ",",
                                 workos, name);
    for (int m = 0; m < size.members; ++m) {
      members.push_back({name, workos, fmt::format("user_{}m{}", name, m), ""});
      add_user(members.back().user);
    }
    for (int s = 0; s < size.strangers; ++s) {
      strangers.push_back({name, workos, fmt::format("user_{}s{}", name, s), ""});
      add_user(strangers.back().user);
    }
  }
  stand().control("POST", "/_emulator/seed",
                  R"({"organizations":[)" + organizations + R"(],"users":[)" + users +
                      R"(],"permissions":[{"slug":"a:read"},{"slug":"a:write"}]})");
  for (int o = 0; o < size.organizations; ++o) {
    const auto name = fmt::format("o{}", o);
    const auto workos = fmt::format("org_r{}", o);
    db().sql("select rolecall.upsert_organization($1, $1, $2)", {name, workos});
    for (const auto* held : {"Held A", "Held B"})
      db().sql("select rolecall.create_role($1, $2)", {name, held});
    for (int r = 0; r < size.roles; ++r) {
      const auto role =
          db().sql("select * from rolecall.create_role($1, $2, null, null, array['a:read'])",
                   {name, fmt::format("Role {}", r)});
      roles.push_back({name, workos, role.text(0, "workos_slug"), role.text(0, "subject")});
    }
  }
}

std::string ReconcileWorld::role_urn(const std::string& organization, const std::string& slug) {
  return value(
      "select coalesce((select subject from rolecall.organization_roles where organization_id = $1 "
      "and workos_slug = $2 and deleted_at is null), (select 'role:global:' || id from "
      "rolecall.global_roles where workos_slug = $2))",
      {organization, slug});
}

void ReconcileWorld::set_roles(const Person& person, const std::vector<std::string>& slugs) {
  std::vector<std::string> urns;
  urns.reserve(slugs.size());
  for (const auto& slug : slugs) urns.push_back(role_urn(person.organization, slug));
  db().sql("select rolecall.set_member_roles($1, $2, $3::text[])",
           {person.organization, person.user, array_literal(urns)});
}

std::string ReconcileWorld::edit(const std::string& method, const std::string& path,
                                 const std::string& body) {
  return stand().control(
      "POST", "/_emulator/edit",
      fmt::format(R"({{"method":"{}","path":"{}","body":{}}})", method, path, body));
}

void ReconcileWorld::edit_roles(const Person& person, const std::string& slugs) {
  edit("PUT", path(person), fmt::format(R"({{"role_slugs":[{}]}})", slugs));
}

void ReconcileWorld::forget_to_send(const std::string& subject) {
  db().sql(
      "with gone as (delete from rolecall.outbox o where o.subject = $1 returning *), "
      "history as (insert into rolecall.outbox_history (id, organization_id, subject, version, "
      "kind, desired, waits_for, priority, enqueued_at, enqueued_by, reason) select id, "
      "organization_id, subject, version, kind, desired, waits_for, priority, enqueued_at, "
      "enqueued_by, reason from gone) "
      "update rolecall.lanes l set wanted_version = g.version, wanted_id = g.id, kind = g.kind, "
      "desired = g.desired, delivered_version = g.version, state = 'idle', ended = 'delivered' "
      "from gone g where l.subject = g.subject",
      {subject});
}

void ReconcileWorld::settle() {
  try {
    stand().until(
        "select bool_and(state = 'confirmed') and not exists (select from rolecall.outbox) and not "
        "exists (select from rolecall.observed o where o.pending_read is not null or "
        "o.reduce_due_at is not null or o.absent_since is not null or o.verify_at < now() + "
        "interval '1 s') from rolecall.convergence",
        "t");
  } catch (const std::runtime_error&) {
    throw std::runtime_error(value(
        "select 'never confirmed: ' || string_agg(concat_ws(' ', c.subject, c.state, "
        "c.desired_version, c.delivered_version, c.confirmed_version, o.verify_at, "
        "o.verify_reason, o.reduce_due_at, o.seen, s.kind, s.desired, f.class, f.applied, "
        "o.pending_read, (select jsonb_agg(d) from rolecall.sends d where d.subject = c.subject)), "
        "e'\\n') "
        "from rolecall.convergence c join rolecall.subjects s using (subject) left join "
        "rolecall.observed o using (subject) left join rolecall.reconcile_findings f using "
        "(subject) where c.state <> 'confirmed'"));
  }
}

void ReconcileWorld::start_worker() {
  worker_ = &stand().start_worker();
}

void ReconcileWorld::stop_worker() {
  worker_->signal(SIGTERM);
  if (!worker_->wait(std::chrono::seconds(30))) throw std::runtime_error("the worker goes on");
}

Finished ReconcileWorld::reconcile(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "reconcile");
  return stand().rolecall(std::move(arguments));
}

std::map<std::string, std::string> ReconcileWorld::findings(std::vector<std::string> arguments) {
  arguments.emplace_back("--json");
  const auto said = reconcile(std::move(arguments));
  std::map<std::string, std::string> found;
  boost::system::error_code broken;
  const auto document = json::parse(said.output, broken);
  if (broken) throw std::runtime_error("no JSON: " + said.output);
  report = document.as_object();
  for (const auto& one : report.at("organizations").as_array()) {
    const auto& unread = one.as_object();
    if (!unread.at("failure").is_null() || !unread.at("unjudged").as_array().empty())
      throw std::runtime_error("not compared in full: " + said.output.substr(0, 4'000));
    for (const auto& finding : one.as_object().at("findings").as_array())
      found[text_at(finding.as_object(), "subject")] = text_at(finding.as_object(), "class");
  }
  return found;
}

std::set<std::string> ReconcileWorld::differences() {
  std::map<std::string, std::string> here, there;
  const auto rows = db().sql(
      "select g.workos_organization_id || ' ' || m.workos_user_id as name, m.status || ' ' || "
      "coalesce((select string_agg(r.slug, ' ' order by r.slug collate \"C\") from "
      "rolecall.roles_of(m.organization_id, m.workos_user_id) r), '') as value "
      "from rolecall.organization_memberships m join rolecall.organizations g on g.id = "
      "m.organization_id where m.deleted_at is null union all "
      "select g.workos_organization_id || ' ' || r.workos_slug, r.name || ' ' || coalesce((select "
      "string_agg(p, ' ' order by p) from unnest(r.permissions) p), '-') from "
      "rolecall.organization_roles r join rolecall.organizations g on g.id = r.organization_id "
      "where r.deleted_at is null");
  for (std::size_t i = 0; i < rows.size(); ++i) here[rows.text(i, "name")] = rows.text(i, "value");
  const auto state = json::parse(stand().control("GET", "/_emulator/state")).as_object();
  for (const auto& entry : state.at("memberships").as_array()) {
    const auto& one = entry.as_object();
    there[text_at(one, "organization_id") + " " + text_at(one, "user_id")] =
        text_at(one, "status") + " " + sorted_words(one.at("role_slugs").as_array());
  }
  for (const auto& entry : state.at("roles").as_array()) {
    const auto& one = entry.as_object();
    if (!one.contains("organization_id")) continue;
    const auto name = text_at(one, "organization_id") + " " + text_at(one, "slug");
    const auto ours = here.find(name);
    const bool managed = ours == here.end() || !ours->second.ends_with(" -");
    there[name] = text_at(one, "name") + " " +
                  (managed ? sorted_words(one.at("permissions").as_array()) : "-");
  }
  std::set<std::string> different;
  for (const auto& [name, what] : here)
    if (!there.contains(name) || there.at(name) != what) different.insert(name + ": here " + what);
  for (const auto& [name, what] : there)
    if (!here.contains(name) || here.at(name) != what) different.insert(name + ": there " + what);
  return different;
}

}  // namespace rolecall::testing
