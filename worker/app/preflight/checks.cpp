#include "worker/app/preflight/checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "worker/app/exit_code.hpp"
#include "worker/app/preflight/verdicts.hpp"

namespace rolecall::preflight {
namespace {

constexpr double kClockResolution = 2;  // WorkOS says whole seconds, and an answer takes a moment
constexpr double kClocksApart = 30;
constexpr std::size_t kNamed = 5;
constexpr const char* kDashboard = "in the WorkOS dashboard (Authorization, Roles)";

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

std::string ending(std::size_t named, std::int64_t all) {
  const auto others = all - static_cast<std::int64_t>(named);
  return others > 0 ? fmt::format(" and {} more", others) : "";
}

std::vector<std::string> those_missing(const std::vector<std::string>& wanted,
                                       const std::vector<std::string>& there) {
  std::vector<std::string> missing;
  for (const auto& one : wanted)
    if (!has(there, one) && !has(missing, one)) missing.push_back(one);
  return missing;
}

}  // namespace

Finding check_workos(const Result<WorkosFacts>& facts) {
  if (facts) return good("workos", "answers");
  const auto& failure = facts.error();
  if (failure.kind == FailureClass::unauthorised || failure.kind == FailureClass::forbidden)
    return good("workos", "answers");
  auto finding = error("workos", "no usable answer: " + failure.detail,
                       "see that WORKOS_API_BASE_URL is right and can be reached from here");
  finding.unreachable = exit_code::of(failure) == exit_code::unreachable;
  return finding;
}

Finding check_key(const Result<WorkosFacts>& facts) {
  if (facts) return good("key", "is accepted");
  if (facts.error().kind == FailureClass::unauthorised)
    return error("key", "WorkOS refuses the API key",
                 "put a valid key into WORKOS_API_KEY or WORKOS_API_KEY_FILE");
  return error("key", "WorkOS knows the API key, and it may not read roles",
               "use a key that may read and write roles and memberships");
}

Finding check_clock(const WorkosFacts& facts, const Webhooks& webhooks) {
  const double ahead = facts.database_ahead_s.value_or(0);
  const double apart = std::abs(ahead);
  if (apart <= kClockResolution) return good("clock", "the database's clock agrees with WorkOS's");
  const auto how = fmt::format("the database's clock is {} {} WorkOS's", span_of(apart),
                               ahead > 0 ? "ahead of" : "behind");
  const auto* to_do = "synchronise the clock of the database's server (NTP)";
  if (webhooks.taken && apart >= webhooks.tolerance_s)
    return error("clock", how + ": every webhook is refused", to_do);
  return apart > kClocksApart ? warning("clock", how, to_do) : good("clock", how);
}

Finding check_environment(const Result<EnvironmentSample>& sample, bool accepted) {
  if (!sample) return unseen("environment", sample.error());
  if (sample->asked.empty())
    return good("environment", "no organization is linked yet; there is nothing to compare");
  if (sample->found)
    return good("environment", fmt::format("{} is there with this key", sample->asked.back()));
  const auto how = fmt::format(
      "none of the linked organizations that were looked for is there with this key "
      "({})",
      fmt::join(sample->asked, ", "));
  if (accepted)
    return warning("environment", how + "; ROLECALL_ACCEPT_ENVIRONMENT accepts that",
                   "take that setting away once one of them is there");
  return error("environment", how,
               "use the key of the environment that they are linked to; rolecall run refuses this "
               "one, unless ROLECALL_ACCEPT_ENVIRONMENT=true");
}

Finding check_organizations(const Result<OrganizationFacts>& looked) {
  if (!looked) return unseen("organizations", looked.error());
  const auto lost = static_cast<std::int64_t>(looked->lost.size());
  if (lost == 0)
    return good("organizations", looked->linked == 0
                                     ? "none is linked yet"
                                     : fmt::format("{} linked, all there", looked->linked));
  std::vector<std::string> named;
  for (const auto& one : looked->lost)
    if (named.size() < kNamed) named.push_back(fmt::format("{} ({})", one.id, one.workos_id));
  return error("organizations",
               fmt::format("WorkOS does not know {} of {} linked: {}{}", lost, looked->linked,
                           fmt::join(named, ", "), ending(named.size(), lost)),
               "link them anew with rolecall.upsert_organization(id, name, "
               "workos_organization_id) while they have no roles or members; if they are gone, "
               "set disabled_at in rolecall.organizations (as its owner)");
}

Finding check_roles(const Result<RoleFacts>& looked) {
  if (!looked) return unseen("environment_roles", looked.error());
  const auto& facts = *looked;
  const auto gone = those_missing({"admin", "member", facts.default_slug}, facts.at_workos);
  if (!gone.empty())
    return error("environment_roles",
                 fmt::format("the environment has no role {}", fmt::join(gone, ", no role ")),
                 has(gone, facts.default_slug) && facts.default_slug != "member"
                     ? fmt::format("make it {}, or set another "
                                   "rolecall.provider_control.default_role_slug",
                                   kDashboard)
                     : fmt::format("make it {}", kDashboard));
  const auto unknown = those_missing({"admin", "member", facts.default_slug}, facts.here);
  if (!unknown.empty())
    return warning("environment_roles",
                   fmt::format("{} {} not known here yet", fmt::join(unknown, ", "),
                               unknown.size() == 1 ? "is" : "are"),
                   "rolecall sync-roles (rolecall run does it at its start)");
  return good("environment_roles", "admin and member are there, and known here");
}

Finding check_names(const Result<NameFacts>& looked) {
  if (!looked) return unseen("names", looked.error());
  if (looked->refused == 0)
    return good("names", "every role's slug and text is within WorkOS's rules");
  std::vector<std::string> named;
  for (const auto& one : looked->first)
    if (named.size() < kNamed)
      named.push_back(fmt::format("{} ({}): {}", one.slug, one.place, one.problem));
  return error("names",
               fmt::format("WorkOS would refuse {}: {}{}", counted(looked->refused, "role"),
                           fmt::join(named, "; "), ending(named.size(), looked->refused)),
               "change them with rolecall.update_role; roles of the environment in the dashboard");
}

Finding check_multiple_roles(const Result<MultipleRolesFacts>& looked) {
  constexpr const char* kName = "multiple_roles";
  if (!looked) return unseen(kName, looked.error());
  const auto& facts = *looked;
  const auto how = fmt::format("{} several roles",
                               facts.members == 1 ? std::string("1 member holds")
                                                  : fmt::format("{} members hold", facts.members));
  if (facts.members == 0)
    return good(kName, facts.allowed_here ? "allowed here, and used by nobody"
                                          : "not allowed here, and used by nobody");
  if (!facts.allowed_here)
    return error(kName, how + ", and rolecall.provider_control.multiple_roles is false",
                 "set it, if multiple roles are on in the WorkOS dashboard; else leave each of "
                 "them one role");
  if (facts.refused > 0)
    return error(
        kName,
        fmt::format("{}, and WorkOS refused {} for it", how, counted(facts.refused, "change")),
        "switch multiple roles on in the WorkOS dashboard, then rolecall.release() what "
        "rolecall.attention shows");
  if (facts.shown_there) return good(kName, how + ", and WorkOS shows several of one");
  return warning(kName, how + ", and WorkOS does not say whether it allows that",
                 "see that multiple roles are on in the WorkOS dashboard");
}

Finding check_webhooks(const Result<WebhookFacts>& looked) {
  if (!looked) {
    if (looked.error().kind != FailureClass::forbidden) return unseen("webhooks", looked.error());
    return warning("webhooks", "this key may not read webhook endpoints",
                   "look in the WorkOS dashboard whether one points here");
  }
  const auto& facts = *looked;
  const auto enabled = std::ranges::count_if(facts.endpoints, &workos::WebhookEndpoint::enabled);
  if (facts.secrets.empty())
    return warning(
        "webhooks",
        fmt::format("no secret is configured ({} at WorkOS)", counted(enabled, "enabled endpoint")),
        "point an endpoint to POST /webhooks/workos and give its secret as "
        "WORKOS_WEBHOOK_SECRET: without it changes at WorkOS are seen later");
  const auto ours = std::ranges::find_if(facts.endpoints, [&](const auto& endpoint) {
    return endpoint.enabled && std::ranges::any_of(facts.secrets, [&](const Secret& secret) {
             return secret.reveal() == endpoint.secret.reveal();
           });
  });
  if (ours == facts.endpoints.end())
    return error(
        "webhooks",
        fmt::format("the configured secret is none of {}", counted(enabled, "enabled endpoint")),
        "give the secret of the endpoint that points here as WORKOS_WEBHOOK_SECRET, or "
        "enable it");
  const auto missing = those_missing(facts.followed, ours->events);
  if (!missing.empty())
    return warning("webhooks",
                   fmt::format("the endpoint is not told of {}", fmt::join(missing, ", ")),
                   "let it be sent them too: until then they are seen later");
  return good("webhooks", "an enabled endpoint signs with a configured secret");
}

}  // namespace rolecall::preflight
