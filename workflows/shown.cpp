#include "workflows/shown.hpp"

#include "workflows/workos/classify.hpp"

namespace rolecall {
namespace {

Observation shown_with(const workos::Role& role, JsonText value) {
  Observation shown;
  shown.incarnation = role.created_at;
  shown.created_at = role.created_at;
  shown.updated_at = role.updated_at;
  shown.value = std::move(value);
  return shown;
}

Result<workos::Role> role_named(const ObjectName& object, const HttpResponse& response) {
  auto role = workos::role_in(response);
  if (role && role->slug != object.name) return workos::garbage_answer(response, "another role");
  return role;
}

Elements set_of(const std::vector<std::string>& slugs) {
  Elements elements;
  for (const std::string& slug : slugs) elements.emplace(slug, std::string());
  return elements;
}

}  // namespace

Result<Observation> role_shown(const ObjectName& object, const HttpResponse& response) {
  const auto role = role_named(object, response);
  if (!role) return role.error();
  return role_shown(object, *role);
}

Result<Observation> permissions_shown(const ObjectName& object, const HttpResponse& response) {
  const auto role = role_named(object, response);
  if (!role) return role.error();
  if (!role->permissions) return workos::garbage_answer(response, "no usable \"permissions\"");
  return permissions_shown(object, *role);
}

Observation role_shown(const ObjectName& object, const workos::Role& role) {
  Elements elements{{std::string(kName), role.name}};
  if (role.description && !role.description->empty())
    elements.emplace(std::string(kDescription), *role.description);
  return shown_with(role, document_of(object, elements));
}

Observation permissions_shown(const ObjectName& object, const workos::Role& role) {
  return shown_with(
      role, document_of(object, set_of(role.permissions.value_or(std::vector<std::string>{}))));
}

Result<Observation> member_shown(const ObjectName& object, const HttpResponse& response) {
  const auto membership = workos::membership_in(response);
  if (!membership) return membership.error();
  if (!is_about(object, *membership)) return workos::garbage_answer(response, "another membership");
  return shown_of(object, *membership);
}

Result<Observation> absence_shown(const HttpResponse& response) {
  if (!response.body.empty() && !workos::is_json_object(response.body))
    return workos::garbage_answer(response, "no JSON object");
  return Observation{};
}

Observation shown_of(const ObjectName& object, const workos::Membership& membership) {
  Observation shown;
  shown.incarnation = membership.id;
  shown.created_at = membership.created_at;
  shown.updated_at = membership.updated_at;
  shown.status = membership.status;
  shown.directory_managed = membership.directory_managed;
  shown.value = document_of(object, set_of(membership.roles));
  return shown;
}

bool is_about(const ObjectName& object, const workos::Membership& membership) {
  return membership.user_id == object.name && membership.organization_id == object.organization;
}

}  // namespace rolecall
