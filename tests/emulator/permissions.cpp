// permissions.cpp -- the permissions that roles can carry.
#include <fmt/format.h>

#include <algorithm>

#include "tests/emulator/families.hpp"

namespace rolecall::emulator {

namespace {

Permission* named(Call& call) {
  return find_permission(call.state, call.arguments[0]);
}

Reply unknown(const Call& call) {
  return not_found("Permission", call.arguments[0]);
}

void drop_from(Call& call, std::vector<Role>& roles, const std::string& slug,
               const std::string& organization_id) {
  for (Role& role : roles) {
    if (std::erase(role.permissions, slug) == 0) continue;
    role.updated_at = call.now;
    if (organization_id.empty())
      emit(call, "role.updated", "", event_document(role));
    else
      emit(call, "organization_role.updated", organization_id,
           event_document(role, organization_id));
  }
}

}  // namespace

Reply list_permissions(Call& call) {
  std::vector<Permission*> rows;
  for (auto& [position, permission] : call.state.permissions.rows()) rows.push_back(&permission);
  return list_page(call.query, call.state.permissions, std::move(rows),
                   [](const Permission& permission) { return document(permission); });
}

Reply create_permission(Call& call) {
  Fields fields{call.body};
  Permission permission;
  permission.slug = fields.required_text("slug", 48);
  if (!permission.slug.empty() && !is_slug(permission.slug, ":.*"))
    fields.refuse("invalid", "slug", "slug may hold lowercase letters, digits and - _ : . *");
  permission.name = fields.required_text("name", 48);
  permission.description = fields.nullable_text("description", 150).value_or(std::nullopt);
  permission.resource_type_slug = fields.text("resource_type_slug", 48).value_or("organization");
  if (!fields.fine()) return fields.problem();
  if (find_permission(call.state, permission.slug) != nullptr)
    return refusal(409, "permission_slug_conflict",
                   fmt::format("A permission with the slug '{}' already exists.", permission.slug));
  permission.id = call.state.ids.make("perm_", call.now);
  permission.created_at = permission.updated_at = call.now;
  const Permission& added = call.state.permissions.add(std::move(permission));
  emit(call, "permission.created", "", document(added));
  return answer(201, document(added));
}

Reply get_permission(Call& call) {
  const Permission* permission = named(call);
  return permission == nullptr ? unknown(call) : answer(200, document(*permission));
}

Reply update_permission(Call& call) {
  Permission* permission = named(call);
  if (permission == nullptr) return unknown(call);
  if (permission->system)
    return refusal(403, "forbidden", "A system permission cannot be changed.");
  Fields fields{call.body};
  const auto name = fields.text("name", 48);
  if (name && name->empty()) fields.refuse("required", "name", "name must not be empty.");
  const auto description = fields.nullable_text("description", 150);
  if (!fields.fine()) return fields.problem();
  json::object previous;
  if (name && *name != permission->name) {
    previous["name"] = permission->name;
    permission->name = *name;
  }
  if (description && *description != permission->description) {
    previous["description"] = text_or_null(permission->description);
    permission->description = *description;
  }
  if (!previous.empty()) {
    permission->updated_at = call.now;
    emit(call, "permission.updated", "", document(*permission), std::move(previous));
  }
  return answer(200, document(*permission));
}

Reply delete_permission(Call& call) {
  const Permission* found = named(call);
  if (found == nullptr) return unknown(call);
  if (found->system) return refusal(403, "forbidden", "A system permission cannot be deleted.");
  Permission gone = *found;
  call.state.permissions.erase(gone.id);
  drop_from(call, call.state.roles, gone.slug, "");
  for (auto& [position, organization] : call.state.organizations.rows())
    drop_from(call, organization.roles, gone.slug, organization.id);
  gone.updated_at = call.now;
  emit(call, "permission.deleted", "", document(gone));
  return {204, ""};
}

}  // namespace rolecall::emulator
