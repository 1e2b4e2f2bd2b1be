#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "worker/app/database_time.hpp"
#include "worker/app/preflight/looks.hpp"
#include "worker/app/statement.hpp"
#include "workflows/timestamps.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/events.hpp"
#include "workflows/workos/requests.hpp"

namespace rolecall::preflight {
namespace {

constexpr int kLinkedAtOnce = 1'000;
constexpr int kMembersShown = 3;

using Unseen = std::unordered_map<std::string, std::string>;  // org_ id -> ours

Task<Result<WorkosFacts>> look_at_roles(WorkosLook& look) {
  const auto answer = co_await look.transport.send(workos::list_environment_roles(), look.deadline);
  if (!answer) co_return answer.error();
  const auto roles = workos::environment_roles_in(*answer);
  if (!roles) co_return roles.error();
  WorkosFacts facts;
  for (const auto& role : *roles) facts.role_slugs.push_back(role.slug);
  const auto theirs = workos::answered_at(*answer);
  if (!theirs || look.database == nullptr) co_return facts;
  if (const auto ours = read_database_time(*look.database))
    facts.database_ahead_s = std::chrono::duration<double>(*ours - *theirs).count();
  co_return facts;
}

Task<Result<EnvironmentSample>> look_at_sample(WorkosLook& look) {
  auto organizations = read_linked_sample(*look.database);
  if (!organizations) co_return organizations.error();
  co_return co_await sample_environment(look.transport, std::move(*organizations), look.deadline);
}

Result<Unseen> read_linked(Database& database) {
  Unseen linked;
  std::string after;
  while (true) {
    const auto rows =
        database.run(statement("linked_organizations"), {after, std::to_string(kLinkedAtOnce)});
    if (!rows) return rows.error();
    for (std::size_t i = 0; i < rows->size(); ++i) {
      after = rows->text(i, "workos_organization_id");
      linked[after] = rows->text(i, "organization_id");
    }
    if (rows->size() < kLinkedAtOnce) return linked;
  }
}

// One after the other; what is there leaves `unseen`.
Task<Result<void>> ask_for_each(WorkosLook& look, Unseen& unseen) {
  for (auto at = unseen.begin(); at != unseen.end();) {
    const auto answer =
        co_await look.transport.send(workos::get_organization(at->first), look.deadline);
    if (!answer) co_return answer.error();
    const auto there = workos::organization_found(*answer);
    if (!there) co_return there.error();
    at = *there ? unseen.erase(at) : std::next(at);
  }
  co_return Result<void>();
}

// Page by page, unless asking for those that are left costs no more than was asked already: an
// environment may hold many more than are linked here.
Task<Result<void>> find_linked(WorkosLook& look, Unseen& unseen) {
  std::optional<std::string> after;
  const auto all = unseen.size();
  for (std::size_t pages = 1; !unseen.empty(); ++pages) {
    if (unseen.size() <= pages) co_return co_await ask_for_each(look, unseen);
    if (look.progress)
      look.progress(fmt::format("{} of {} linked organizations found", all - unseen.size(), all));
    const auto answer =
        co_await look.transport.send(workos::list_organizations(after), look.deadline);
    if (!answer) co_return answer.error();
    const auto page = workos::organizations_in(*answer);
    if (!page) co_return page.error();
    for (const auto& id : page->ids) unseen.erase(id);
    // A cursor that does not move would never end.
    if (!page->after || page->after == after) co_return Result<void>();
    after = page->after;
  }
  co_return Result<void>();
}

Task<Result<OrganizationFacts>> look_at_organizations(WorkosLook& look) {
  auto linked = read_linked(*look.database);
  if (!linked) co_return linked.error();
  OrganizationFacts facts{.linked = static_cast<std::int64_t>(linked->size())};
  if (const auto found = co_await find_linked(look, *linked); !found) co_return found.error();
  for (const auto& [theirs, ours] : *linked) facts.lost.push_back({ours, theirs});
  std::ranges::sort(facts.lost, {}, &LostOrganization::id);
  co_return facts;
}

// Where WorkOS shows a member with several roles, it allows them.
Task<Result<bool>> look_for_several(WorkosLook& look) {
  const auto members =
      look.database->run(statement("members_with_several_roles"), {std::to_string(kMembersShown)});
  if (!members) co_return members.error();
  for (std::size_t i = 0; i < members->size(); ++i) {
    const auto answer = co_await look.transport.send(
        workos::find_membership({.organization = members->text(i, "workos_organization_id"),
                                 .user = members->text(i, "workos_user_id")}),
        look.deadline);
    if (!answer) co_return answer.error();
    if (!workos::is_success(*answer)) continue;
    const auto page = workos::memberships_in(*answer);
    if (!page) co_return page.error();
    for (const auto& membership : page->memberships)
      if (membership.roles.size() > 1) co_return true;
  }
  co_return false;
}

Task<Result<WebhookFacts>> look_at_webhooks(WorkosLook& look) {
  WebhookFacts facts{.secrets = look.webhook_secrets, .followed = workos::followed_types({})};
  std::optional<std::string> after;
  while (true) {
    const auto answer =
        co_await look.transport.send(workos::list_webhook_endpoints(after), look.deadline);
    if (!answer) co_return answer.error();
    auto page = workos::webhook_endpoints_in(*answer);
    if (!page) co_return page.error();
    for (auto& endpoint : page->endpoints) facts.endpoints.push_back(std::move(endpoint));
    if (!page->after || page->after == after) co_return facts;
    after = page->after;
  }
}

struct EventAccess {
  std::string refused{};  // why; empty: granted
};

// May this key read events at all? Whether WorkOS knows each type is the pull's affair.
Task<Result<EventAccess>> look_at_events(WorkosLook& look) {
  const auto now = read_database_time(*look.database);
  if (!now) co_return now.error();
  PullTask last_minute;
  last_minute.since = text_of(*now - std::chrono::minutes{1});
  const auto answer = co_await look.transport.send(
      workos::list_events(last_minute, workos::followed_types({})), look.deadline);
  if (!answer) co_return answer.error();
  EventAccess access;
  if (workos::is_success(*answer)) co_return access;
  auto refused = workos::failure_of(*answer);
  if (refused.kind == FailureClass::unauthorised || refused.kind == FailureClass::forbidden)
    access.refused = refused.detail.empty() ? refused.code : refused.detail;
  co_return access;
}

Task<void> compare_data(WorkosLook& look, Facts& facts) {
  facts.environment.emplace(co_await look_at_sample(look));
  const auto& sample = *facts.environment;
  const bool other = sample && refusal_of(*sample) && !facts.accept_environment;
  if (!sample || other) {
    facts.organizations.reset();
    facts.multiple_roles.reset();
    co_return;
  }
  facts.organizations.emplace(co_await look_at_organizations(look));
  if ((*facts.multiple_roles)->members == 0) co_return;
  if (const auto shown = co_await look_for_several(look); shown)
    (*facts.multiple_roles)->shown_there = *shown;
  else
    facts.multiple_roles.emplace(shown.error());
}

}  // namespace

Task<void> look_at_workos(WorkosLook look, Facts& facts) {
  facts.workos.emplace(co_await look_at_roles(look));
  if (!*facts.workos) {
    facts.organizations.reset();
    facts.roles.reset();
    facts.multiple_roles.reset();
    co_return;
  }
  facts.webhooks.emplace(co_await look_at_webhooks(look));
  if (look.database == nullptr) co_return;
  (*facts.roles)->at_workos = (*facts.workos)->role_slugs;
  co_await compare_data(look, facts);
  const auto access = co_await look_at_events(look);
  if (access)
    (*facts.events)->refused = access->refused;
  else
    facts.events.emplace(access.error());
}

}  // namespace rolecall::preflight
