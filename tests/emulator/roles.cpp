// roles.cpp -- roles of the environment and of organizations.
#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "tests/emulator/families.hpp"

namespace rolecall::emulator {

namespace {

constexpr std::size_t kNameLimit = 48;
constexpr std::size_t kSlugLimit = 48;
constexpr std::size_t kDescriptionLimit = 150;

struct RoleText {
  std::string name{};
  std::optional<std::string> description{};
  std::string resource_type_slug = "organization";
};

RoleText read_new_role(Fields& fields) {
  RoleText text;
  text.name = fields.required_text("name", kNameLimit);
  text.description = fields.nullable_text("description", kDescriptionLimit).value_or(std::nullopt);
  text.resource_type_slug = fields.text("resource_type_slug", kSlugLimit).value_or("organization");
  return text;
}

void check_slug(Fields& fields, const std::string& slug, bool of_organization) {
  if (!is_slug(slug))
    fields.refuse("invalid", "slug", "slug may hold lowercase letters, digits, - and _.");
  else if (of_organization && (!slug.starts_with("org-") || slug.size() == 4))
    fields.refuse("invalid", "slug", "slug must begin with org-.");
}

Role new_role(Call& call, std::string slug, RoleText text) {
  Role role;
  role.id = call.state.ids.make("role_", call.now);
  role.created_at = role.updated_at = call.now;
  role.slug = std::move(slug);
  role.name = std::move(text.name);
  role.description = std::move(text.description);
  role.resource_type_slug = std::move(text.resource_type_slug);
  return role;
}

// "Billing Admin!" -> "org-billing-admin-x7f2"
std::string slug_from_name(Call& call, const std::string& name) {
  std::string slug = "org-";
  for (char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (is_slug(std::string_view{&lower, 1}))
      slug += lower;
    else if (slug.back() != '-')
      slug += '-';
    if (slug.size() == kSlugLimit - 5) break;
  }
  if (slug.back() != '-') slug += '-';
  return slug + call.state.ids.letters(4);
}

// Changes what was given; answers the fields that changed, with their old values.
std::variant<json::object, Reply> change_text(Call& call, Role& role) {
  Fields fields{call.body};
  const auto name = fields.text("name", kNameLimit);
  if (name && name->empty()) fields.refuse("required", "name", "name must not be empty.");
  const auto description = fields.nullable_text("description", kDescriptionLimit);
  if (!fields.fine()) return fields.problem();
  json::object previous;
  if (name && *name != role.name) {
    previous["name"] = role.name;
    role.name = *name;
  }
  if (description && *description != role.description) {
    previous["description"] = text_or_null(role.description);
    role.description = *description;
  }
  if (!previous.empty()) role.updated_at = call.now;
  return previous;
}

}  // namespace

Reply list_roles(Call& call) {
  json::array data;
  for (const Role& role : call.state.roles) data.push_back(document(role, Scope::environment));
  return answer(200, {{"object", "list"}, {"data", std::move(data)}});
}

Reply create_role(Call& call) {
  Fields fields{call.body};
  std::string slug = fields.required_text("slug", kSlugLimit);
  if (!slug.empty()) check_slug(fields, slug, false);
  RoleText text = read_new_role(fields);
  if (!fields.fine()) return fields.problem();
  if (find_role(call.state.roles, slug) != nullptr)
    return refusal(409, "role_slug_conflict",
                   fmt::format("A role with the slug '{}' already exists.", slug));
  const Role& role =
      call.state.roles.emplace_back(new_role(call, std::move(slug), std::move(text)));
  emit(call, "role.created", "", event_document(role));
  return answer(201, document(role, Scope::environment));
}

Reply get_role(Call& call) {
  const Role* role = find_role(call.state.roles, call.arguments[0]);
  if (role == nullptr) return not_found("Role", call.arguments[0]);
  return answer(200, document(*role, Scope::environment));
}

Reply update_role(Call& call) {
  Role* role = find_role(call.state.roles, call.arguments[0]);
  if (role == nullptr) return not_found("Role", call.arguments[0]);
  auto changed = change_text(call, *role);
  if (const Reply* refused = std::get_if<Reply>(&changed)) return *refused;
  if (auto& previous = std::get<json::object>(changed); !previous.empty())
    emit(call, "role.updated", "", event_document(*role), std::move(previous));
  return answer(200, document(*role, Scope::environment));
}

Reply delete_role(Call& call) {
  const std::string slug = call.arguments[0];
  Role* found = find_role(call.state.roles, slug);
  if (found == nullptr) return not_found("Role", slug);
  if (slug == call.state.default_role_slug)
    return refusal(400, "bad_request", "The default role cannot be deleted.");
  Role role = *found;
  std::erase_if(call.state.roles, [&](const Role& each) { return each.slug == slug; });
  for (auto& [position, organization] : call.state.organizations.rows())
    if (find_role(organization.roles, slug) == nullptr)
      take_role_away(call, call.state.memberships.of_organization(organization.id), slug);
  role.updated_at = call.now;
  emit(call, "role.deleted", "", event_document(role));
  return {204, ""};
}

Reply list_organization_roles(Call& call) {
  const Organization* organization = call.state.organizations.find(call.arguments[0]);
  if (organization == nullptr) return not_found("Organization", call.arguments[0]);
  json::array data;
  for (const Role& role : call.state.roles) data.push_back(document(role, Scope::environment));
  for (const Role& role : organization->roles) data.push_back(document(role, Scope::organization));
  return answer(200, {{"object", "list"}, {"data", std::move(data)}});
}

Reply create_organization_role(Call& call) {
  Organization* organization = call.state.organizations.find(call.arguments[0]);
  if (organization == nullptr) return not_found("Organization", call.arguments[0]);
  Fields fields{call.body};
  std::optional<std::string> slug = fields.text("slug", kSlugLimit);
  if (slug) check_slug(fields, *slug, true);
  RoleText text = read_new_role(fields);
  if (!fields.fine()) return fields.problem();
  if (!slug) slug = slug_from_name(call, text.name);
  if (role_in(call.state, *organization, *slug) != nullptr)
    return refusal(409, "organization_role_slug_conflict",
                   fmt::format("A role with the slug '{}' already exists.", *slug));
  const Role& role =
      organization->roles.emplace_back(new_role(call, std::move(*slug), std::move(text)));
  emit(call, "organization_role.created", organization->id, event_document(role, organization->id));
  return answer(201, document(role, Scope::organization));
}

Reply get_organization_role(Call& call) {
  Organization* organization = call.state.organizations.find(call.arguments[0]);
  if (organization == nullptr) return not_found("Organization", call.arguments[0]);
  if (const Role* own = find_role(organization->roles, call.arguments[1]))
    return answer(200, document(*own, Scope::organization));
  if (const Role* shared = find_role(call.state.roles, call.arguments[1]))
    return answer(200, document(*shared, Scope::environment));
  return not_found("Role", call.arguments[1]);
}

Reply update_organization_role(Call& call) {
  Organization* organization = call.state.organizations.find(call.arguments[0]);
  if (organization == nullptr) return not_found("Organization", call.arguments[0]);
  Role* role = find_role(organization->roles, call.arguments[1]);
  if (role == nullptr) return not_found("Role", call.arguments[1]);
  auto changed = change_text(call, *role);
  if (const Reply* refused = std::get_if<Reply>(&changed)) return *refused;
  if (auto& previous = std::get<json::object>(changed); !previous.empty())
    emit(call, "organization_role.updated", organization->id,
         event_document(*role, organization->id), std::move(previous));
  return answer(200, document(*role, Scope::organization));
}

Reply delete_organization_role(Call& call) {
  Organization* organization = call.state.organizations.find(call.arguments[0]);
  if (organization == nullptr) return not_found("Organization", call.arguments[0]);
  const std::string slug = call.arguments[1];
  const Role* found = find_role(organization->roles, slug);
  if (found == nullptr) return not_found("Role", slug);
  const auto members = call.state.memberships.of_organization(organization->id);
  const bool held = std::ranges::any_of(members, [&](const Membership* membership) {
    return std::ranges::find(membership->roles, slug) != membership->roles.end();
  });
  if (held && call.source == Source::api)
    return refusal(409, "role_has_assignments",
                   fmt::format("The role '{}' is assigned to members.", slug));
  Role role = *found;
  std::erase_if(organization->roles, [&](const Role& each) { return each.slug == slug; });
  take_role_away(call, members, slug);
  role.updated_at = call.now;
  emit(call, "organization_role.deleted", organization->id, event_document(role, organization->id));
  return {204, ""};
}

}  // namespace rolecall::emulator
