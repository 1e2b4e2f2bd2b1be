// memberships.cpp -- who belongs to which organization, with which roles.
#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "tests/emulator/families.hpp"

namespace rolecall::emulator {

namespace {

using Slugs = std::vector<std::string>;

Reply pending_refusal(std::string_view verb) {
  return refusal(400, fmt::format("cannot_{}_pending_organization_membership", verb),
                 fmt::format("A pending organization membership cannot be {}d.", verb));
}

// role_slug or role_slugs, never both; nothing when neither was given.
std::variant<std::optional<Slugs>, Reply> read_roles(Call& call) {
  Fields fields{call.body};
  const auto one = fields.text("role_slug", 48);
  auto many = fields.texts("role_slugs");
  if (one && many) fields.refuse("invalid", "role_slug", "Give role_slug or role_slugs, not both.");
  if (many && many->empty())
    fields.refuse("invalid", "role_slugs", "role_slugs must hold at least one slug.");
  if (!fields.fine()) return fields.problem();
  if (one) return std::optional<Slugs>{Slugs{*one}};
  if (!many) return std::optional<Slugs>{};
  Slugs distinct;
  for (const std::string& slug : *many)
    if (std::ranges::find(distinct, slug) == distinct.end()) distinct.push_back(slug);
  return std::optional<Slugs>{std::move(distinct)};
}

std::optional<Reply> check_roles(Call& call, Organization& organization, const Slugs& slugs) {
  if (slugs.size() > 1 && !call.state.multiple_roles)
    return refusal(422, "multiple_roles_not_enabled",
                   "Multiple roles are not enabled for this environment.");
  for (const std::string& slug : slugs)
    if (role_in(call.state, organization, slug) == nullptr)
      return refusal(422, "invalid_role", fmt::format("The role '{}' does not exist.", slug));
  return std::nullopt;
}

void announce(Call& call, const Membership& membership, std::string_view what,
              json::object previous = {}) {
  emit(call, fmt::format("organization_membership.{}", what), membership.organization_id,
       event_document(membership), std::move(previous));
}

Reply written(Call& call, int status, const Membership& membership) {
  return answer(status, document(membership, call.state));
}

// An inactive member who is added again comes back under the same id, with the roles given now.
Reply bring_back(Call& call, Membership& membership, Slugs roles) {
  json::object previous{{"status", membership.status},
                        {"role", {{"slug", membership.roles.front()}}},
                        {"roles", role_documents(membership)}};
  membership.status = "active";
  membership.roles = std::move(roles);
  membership.updated_at = call.now;
  announce(call, membership, "updated", std::move(previous));
  return written(call, 201, membership);
}

Membership* named(Call& call) {
  return call.state.memberships.find(call.arguments[0]);
}

Reply unknown(const Call& call) {
  return not_found("Organization Membership", call.arguments[0]);
}

}  // namespace

void erase_membership(Call& call, const std::string& id) {
  Membership gone = *call.state.memberships.find(id);
  call.state.memberships.erase(id);
  gone.updated_at = call.now;
  announce(call, gone, "deleted");
}

void give_roles(Call& call, Membership& membership, Slugs roles) {
  Slugs before = membership.roles;
  Slugs after = roles;
  std::ranges::sort(before);
  std::ranges::sort(after);
  if (before == after) return;
  json::object previous{{"role", {{"slug", membership.roles.front()}}},
                        {"roles", role_documents(membership)}};
  membership.roles = std::move(roles);
  membership.updated_at = call.now;
  announce(call, membership, "updated", std::move(previous));
}

void take_role_away(Call& call, const std::vector<Membership*>& among, const std::string& slug) {
  for (Membership* membership : among) {
    Slugs left = membership->roles;
    if (std::erase(left, slug) == 0) continue;
    if (left.empty()) left.push_back(call.state.default_role_slug);
    give_roles(call, *membership, std::move(left));
  }
}

void set_status(Call& call, Membership& membership, std::string_view status) {
  if (membership.status == status) return;
  json::object previous{{"status", membership.status}};
  membership.status = status;
  membership.updated_at = call.now;
  announce(call, membership, "updated", std::move(previous));
}

Reply list_memberships(Call& call) {
  const auto organization_id = call.query.one("organization_id");
  const auto user_id = call.query.one("user_id");
  if (!organization_id && !user_id)
    return refusal(400, "missing_user_id_or_organization_id",
                   "Either user_id or organization_id must be given.");
  Slugs statuses = call.query.list("statuses");
  for (const std::string& status : statuses)
    if (status != "active" && status != "inactive" && status != "pending")
      return refusal(400, "invalid_request_parameters",
                     fmt::format("'{}' is no status of a membership.", status));
  if (statuses.empty()) statuses.push_back("active");
  if (organization_id && call.state.organizations.find(*organization_id) == nullptr)
    return not_found("Organization", *organization_id);
  std::vector<Membership*> rows;
  if (organization_id && user_id) {
    Membership* one = call.state.memberships.of(*organization_id, *user_id);
    if (one != nullptr) rows.push_back(one);
  } else if (organization_id) {
    rows = call.state.memberships.of_organization(*organization_id);
  } else {
    rows = call.state.memberships.of_user(*user_id);
  }
  std::erase_if(rows, [&](const Membership* membership) {
    return std::ranges::find(statuses, membership->status) == statuses.end();
  });
  return list_page(call.query, call.state.memberships.table(), std::move(rows),
                   [&](const Membership& membership) { return document(membership, call.state); });
}

Reply create_membership(Call& call) {
  Fields fields{call.body};
  const std::string user_id = fields.required_text("user_id", 128);
  const std::string organization_id = fields.required_text("organization_id", 128);
  if (!fields.fine()) return fields.problem();
  auto read = read_roles(call);
  if (const Reply* refused = std::get_if<Reply>(&read)) return *refused;
  Organization* organization = call.state.organizations.find(organization_id);
  if (organization == nullptr) return not_found("Organization", organization_id);
  if (call.state.users.find(user_id) == nullptr) return not_found("User", user_id);
  Slugs roles = std::get<std::optional<Slugs>>(read).value_or(Slugs{call.state.default_role_slug});
  if (const auto refused = check_roles(call, *organization, roles)) return *refused;
  if (Membership* existing = call.state.memberships.of(organization_id, user_id)) {
    if (existing->status == "pending") return pending_refusal("reactivate");
    if (existing->status == "inactive") return bring_back(call, *existing, std::move(roles));
    return refusal(409, "organization_membership_already_exists",
                   "The user is already a member of the organization.");
  }
  Membership membership;
  membership.id = call.state.ids.make("om_", call.now);
  membership.created_at = membership.updated_at = call.now;
  membership.user_id = user_id;
  membership.organization_id = organization_id;
  membership.roles = std::move(roles);
  const Membership& added = call.state.memberships.add(std::move(membership));
  announce(call, added, "created");
  return written(call, 201, added);
}

Reply get_membership(Call& call) {
  const Membership* membership = named(call);
  return membership == nullptr ? unknown(call) : written(call, 200, *membership);
}

Reply update_membership(Call& call) {
  Membership* membership = named(call);
  if (membership == nullptr) return unknown(call);
  auto read = read_roles(call);
  if (const Reply* refused = std::get_if<Reply>(&read)) return *refused;
  if (auto& roles = std::get<std::optional<Slugs>>(read)) {
    Organization& organization = *call.state.organizations.find(membership->organization_id);
    if (const auto refused = check_roles(call, organization, *roles)) return *refused;
    give_roles(call, *membership, std::move(*roles));
  }
  Fields fields{call.body};
  const auto managed = fields.flag("directory_managed");
  if (managed && call.source == Source::dashboard && *managed != membership->directory_managed) {
    json::object previous{{"directory_managed", membership->directory_managed}};
    membership->directory_managed = *managed;
    membership->updated_at = call.now;
    announce(call, *membership, "updated", std::move(previous));
  }
  return written(call, 200, *membership);
}

Reply delete_membership(Call& call) {
  if (named(call) == nullptr) return unknown(call);
  erase_membership(call, call.arguments[0]);
  return {200, ""};
}

Reply deactivate_membership(Call& call) {
  Membership* membership = named(call);
  if (membership == nullptr) return unknown(call);
  if (membership->status == "pending") return pending_refusal("deactivate");
  set_status(call, *membership, "inactive");
  return written(call, 200, *membership);
}

Reply reactivate_membership(Call& call) {
  Membership* membership = named(call);
  if (membership == nullptr) return unknown(call);
  if (membership->status == "pending") return pending_refusal("reactivate");
  set_status(call, *membership, "active");
  return written(call, 200, *membership);
}

}  // namespace rolecall::emulator
