// What others do at WorkOS: people in the dashboard, other API keys, a directory; and its nodes.
#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/document.hpp"
#include "tests/sim/world_plan.hpp"

namespace rolecall::sim {
namespace {

constexpr std::string_view kMemberships = "/user_management/organization_memberships";
constexpr int kUndoes = 4;  // a directory that a person corrects in the end

std::string quoted(const std::vector<std::string>& slugs) {
  std::string text;
  for (const auto& slug : slugs) text += fmt::format(R"({}"{}")", text.empty() ? "" : ",", slug);
  return text;
}

std::string roles_path(const std::string& organization) {
  return fmt::format("/authorization/organizations/{}/roles", organization);
}

}  // namespace

void World::schedule_outside() {
  const auto until = std::chrono::duration_cast<Millis>(plan_->trouble_until);
  for (int n = 0; n < plan_->lags; ++n) at(chaos_.span(Millis{0}, until), [this] { lag(); });
  if (!plan_->events_from) return;
  // The two clocks differ: what happens in the moment of the switch may not be told.
  const auto from = std::chrono::ceil<Millis>(*plan_->events_from) + plan_->settings.visibility;
  const auto last = std::max(from, until);  // switched on at the very end
  at(*plan_->events_from, [this] { follow_events(); });
  for (int n = 0; n < plan_->edits; ++n) at(chaos_.span(from, last), [this] { edit(); });
  // The cursor is set back: everything is told again.
  const auto since = first_told();
  for (int n = 0; n < plan_->rewinds; ++n)
    at(chaos_.span(from, last), [this, since] {
      note("the stream is read again from its start");
      database_->start_events(since);
    });
}

void World::follow_events() {
  note("the stream is switched on");
  database_->start_events(first_told());
}

// What happened before the application did anything does no harm, and tells whose clock is ahead.
WallTime World::first_told() const {
  const auto start = database_->now() - time_.now();
  if (*plan_->events_from == Micros{0}) return start - Millis{1'000};
  return start + *plan_->events_from;
}

// An edit that makes no sense just now gives way to another.
void World::edit() {
  auto& chance = chaos_.chance();
  for (int tries = 0; tries < 10; ++tries) {
    const auto& organization = plan_->organizations[chance.below(plan_->organizations.size())];
    const bool made = chaos_.happens(0.3)
                          ? edit_role(organization, plan_->slugs[chance.below(plan_->slugs.size())])
                          : edit_member(organization);
    if (made) return;
  }
}

// Answers whether it was done.
bool World::by_somebody(HttpRequest request) {
  const bool named = chaos_.happens(plan_->named_editors);
  note(fmt::format("{}: {} {} {}", named ? "dashboard" : "another key", request.method,
                   request.target, request.body));
  auto& model = workos_->model();
  outsiders_->before_edit();
  if (!named) request.headers["authorization"] = "Bearer sk_test_another";
  const auto response =
      named ? model.edit(request, wire_->now()) : model.handle(request, wire_->now());
  outsiders_->after_edit(named);
  if (response.status >= 300) return false;
  ++chaos_.tally.edits;
  return true;
}

bool World::edit_member(const std::string& organization) {
  auto& chance = chaos_.chance();
  const auto& user = plan_->users[chance.below(plan_->users.size())];
  const auto* member = workos_->state().memberships.of(organization, user);
  if (member == nullptr) return join(organization, user);
  const auto id = member->id;
  switch (chance.below(5)) {
    case 0:
      return by_somebody({"DELETE", fmt::format("{}/{}", kMemberships, id), {}, {}});
    case 1:
      return by_somebody({"DELETE", fmt::format("{}/{}", kMemberships, id), {}, {}}) &&
             join(organization, user);
    default:
      return edit_roles_of(organization, id);
  }
}

// Roles that exist there, some of them.
bool World::edit_roles_of(const std::string& organization, const std::string& membership) {
  std::vector<std::string> roles;
  for (const auto& role : workos_->state().organizations.find(organization)->roles)
    if (application_->knows_slug(organization, role.slug) && chaos_.happens(0.5))
      roles.push_back(role.slug);
  if (chaos_.happens(0.3)) roles.emplace_back("admin");
  if (roles.empty() || chaos_.happens(0.3)) roles.emplace_back("member");
  return by_somebody({"PUT",
                      fmt::format("{}/{}", kMemberships, membership),
                      {},
                      fmt::format(R"({{"role_slugs":[{}]}})", quoted(roles))});
}

bool World::join(const std::string& organization, const std::string& user) {
  std::vector<std::string> roles{chaos_.happens(0.5) ? "admin" : "member"};
  for (const auto& role : workos_->state().organizations.find(organization)->roles)
    if (application_->knows_slug(organization, role.slug) && chaos_.happens(0.3))
      roles.push_back(role.slug);
  return by_somebody({"POST",
                      std::string(kMemberships),
                      {},
                      fmt::format(R"({{"user_id":"{}","organization_id":"{}","role_slugs":[{}]}})",
                                  user, organization, quoted(roles))});
}

bool World::edit_role(const std::string& organization, const std::string& slug) {
  auto& roles = workos_->state().organizations.find(organization)->roles;
  const auto path = roles_path(organization);
  const auto name = fmt::format("Theirs {}", chaos_.chance().below(100));
  const auto create = [&] {
    return by_somebody(
        {"POST", path, {}, fmt::format(R"({{"slug":"{}","name":"{}"}})", slug, name)});
  };
  const auto* role = emulator::find_role(roles, slug);
  if (role == nullptr) return create();
  // What tells one role of a slug from the next is created_at, and WorkOS shows its milliseconds.
  const bool is_of_now =
      std::chrono::floor<Millis>(role->created_at) == std::chrono::floor<Millis>(wire_->now());
  switch (chaos_.chance().below(4)) {
    case 0:
      return by_somebody({"DELETE", path + "/" + slug, {}, {}});
    case 1:
      if (is_of_now) return false;
      return by_somebody({"DELETE", path + "/" + slug, {}, {}}) && create();
    default:
      return by_somebody({"PATCH", path + "/" + slug, {}, fmt::format(R"({{"name":"{}"}})", name)});
  }
}

// A directory says again what it says of its user, whatever we wrote, until somebody corrects it.
void World::undo(const HttpRequest& request) {
  if (!plan_->directory || request.method != "PUT" || !request.target.starts_with(kMemberships))
    return;
  const auto id = request.target.substr(kMemberships.size() + 1);
  at(later(Millis{1}, Millis{800}), [this, id] {
    const auto* member = workos_->state().memberships.find(id);
    if (over_ || member == nullptr || member->user_id != *plan_->directory || undone_ >= kUndoes ||
        member->roles == std::vector<std::string>{"admin"} || !plan_->events_from ||
        time_.now() < *plan_->events_from + plan_->settings.visibility)
      return;
    ++undone_;
    note("the directory sets its user's roles again");
    by_somebody({"PUT", fmt::format("{}/{}", kMemberships, id), {}, R"({"role_slugs":["admin"]})"});
  });
}

// For less than the visibility, a node shows what was.
void World::lag() {
  if (!chaos_.on || lagging_) return;
  lagging_ = std::make_unique<emulator::WorkosModel>(workos_->model());
  const auto span = std::chrono::duration_cast<Millis>(plan_->settings.visibility) / 2;
  at(later(Millis{1}, span), [this] { lagging_.reset(); });
}

std::optional<HttpResponse> World::lagging_answer(const HttpRequest& request) {
  if (!lagging_ || request.method != "GET" || request.target.starts_with("/events") ||
      !chaos_.happens(0.5))
    return std::nullopt;
  ++chaos_.tally.stale_reads;
  return lagging_->edit(request, wire_->now());
}

// Everything that happened is known here, and nothing of it waits.
bool World::stream_is_read() const {
  const auto& tables = database_->tables();
  if (!tables.stream.started_from) return true;
  if (!tables.inbox.unrouted.empty() || !tables.inbox.waiting.empty()) return false;
  const auto& events = workos_->state().events;
  const auto newest = std::find_if(events.rbegin(), events.rend(), [](const emulator::Event& e) {
    return e.name.starts_with("organization_membership.") ||
           e.name.starts_with("organization_role.");
  });
  if (newest == events.rend() || newest->created_at < *tables.stream.started_from) return true;
  return tables.inbox.known.contains({newest->id, "role"}) ||
         tables.inbox.known.contains({newest->id, "member"});
}

}  // namespace rolecall::sim
