// role_permissions.cpp -- which permissions a role carries.
#include <algorithm>

#include "tests/emulator/families.hpp"

namespace rolecall::emulator {

namespace {

// The role that a call names, and how its family writes it.
struct Named {
  Role* role = nullptr;
  Organization* organization = nullptr;  // none: a role of the environment
  Reply refused{};
};

Named environment_role(Call& call) {
  Named named{.role = find_role(call.state.roles, call.arguments[0])};
  if (named.role == nullptr) named.refused = not_found("Role", call.arguments[0]);
  return named;
}

Named organization_role(Call& call) {
  Named named{.organization = call.state.organizations.find(call.arguments[0])};
  if (named.organization == nullptr) {
    named.refused = not_found("Organization", call.arguments[0]);
    return named;
  }
  named.role = find_role(named.organization->roles, call.arguments[1]);
  if (named.role == nullptr) named.refused = not_found("Role", call.arguments[1]);
  return named;
}

Reply carry(Call& call, Named& named, std::vector<std::string> permissions) {
  Role& role = *named.role;
  std::vector<std::string> before = role.permissions;
  std::vector<std::string> after = permissions;
  std::ranges::sort(before);
  std::ranges::sort(after);
  if (before != after) {
    json::object previous{
        {"permissions", json::array(role.permissions.begin(), role.permissions.end())}};
    role.permissions = std::move(permissions);
    role.updated_at = call.now;
    if (named.organization != nullptr)
      emit(call, "organization_role.updated", named.organization->id,
           event_document(role, named.organization->id), std::move(previous));
    else
      emit(call, "role.updated", "", event_document(role), std::move(previous));
  }
  return answer(200, document(role, named.organization != nullptr ? Scope::organization
                                                                  : Scope::environment));
}

Reply set_permissions(Call& call, Named named) {
  if (named.role == nullptr) return named.refused;
  Fields fields{call.body};
  const auto given = fields.texts("permissions");
  if (!given && fields.fine())
    fields.refuse("required", "permissions", "permissions must be given.");
  if (!fields.fine()) return fields.problem();
  std::vector<std::string> permissions;
  for (const std::string& slug : *given) {
    // All are looked up before any is taken: a refused call leaves the role as it was.
    if (find_permission(call.state, slug) == nullptr) return not_found("Permission", slug);
    if (std::ranges::find(permissions, slug) == permissions.end()) permissions.push_back(slug);
  }
  return carry(call, named, std::move(permissions));
}

Reply add_permission(Call& call, Named named) {
  if (named.role == nullptr) return named.refused;
  Fields fields{call.body};
  const std::string slug = fields.required_text("slug", 48);
  if (!fields.fine()) return fields.problem();
  if (find_permission(call.state, slug) == nullptr) return not_found("Permission", slug);
  std::vector<std::string> permissions = named.role->permissions;
  if (std::ranges::find(permissions, slug) == permissions.end()) permissions.push_back(slug);
  return carry(call, named, std::move(permissions));
}

}  // namespace

Reply set_role_permissions(Call& call) {
  return set_permissions(call, environment_role(call));
}

Reply add_role_permission(Call& call) {
  return add_permission(call, environment_role(call));
}

Reply set_organization_role_permissions(Call& call) {
  return set_permissions(call, organization_role(call));
}

Reply add_organization_role_permission(Call& call) {
  return add_permission(call, organization_role(call));
}

Reply remove_organization_role_permission(Call& call) {
  Named named = organization_role(call);
  if (named.role == nullptr) return named.refused;
  const std::string& slug = call.arguments[2];
  std::vector<std::string> permissions = named.role->permissions;
  if (std::erase(permissions, slug) == 0) return not_found("Permission", slug);
  return carry(call, named, std::move(permissions));
}

}  // namespace rolecall::emulator
