// routes.cpp -- see routes.hpp.
#include "tests/emulator/routes.hpp"

#include <algorithm>

#include "tests/emulator/families.hpp"

namespace rolecall::emulator {

namespace {

constexpr Route kRoutes[] = {
    {"GET", "/authorization/roles", list_roles},
    {"POST", "/authorization/roles", create_role},
    {"GET", "/authorization/roles/{}", get_role},
    {"PATCH", "/authorization/roles/{}", update_role},
    {"DELETE", "/authorization/roles/{}", delete_role, true},
    {"PUT", "/authorization/roles/{}/permissions", set_role_permissions},
    {"POST", "/authorization/roles/{}/permissions", add_role_permission},
    {"GET", "/authorization/organizations/{}/roles", list_organization_roles},
    {"POST", "/authorization/organizations/{}/roles", create_organization_role},
    {"GET", "/authorization/organizations/{}/roles/{}", get_organization_role},
    {"PATCH", "/authorization/organizations/{}/roles/{}", update_organization_role},
    {"DELETE", "/authorization/organizations/{}/roles/{}", delete_organization_role},
    {"PUT", "/authorization/organizations/{}/roles/{}/permissions",
     set_organization_role_permissions},
    {"POST", "/authorization/organizations/{}/roles/{}/permissions",
     add_organization_role_permission},
    {"DELETE", "/authorization/organizations/{}/roles/{}/permissions/{}",
     remove_organization_role_permission},
    {"GET", "/authorization/permissions", list_permissions},
    {"POST", "/authorization/permissions", create_permission},
    {"GET", "/authorization/permissions/{}", get_permission},
    {"PATCH", "/authorization/permissions/{}", update_permission},
    {"DELETE", "/authorization/permissions/{}", delete_permission},
    {"GET", "/user_management/organization_memberships", list_memberships},
    {"POST", "/user_management/organization_memberships", create_membership},
    {"GET", "/user_management/organization_memberships/{}", get_membership},
    {"PUT", "/user_management/organization_memberships/{}", update_membership},
    {"DELETE", "/user_management/organization_memberships/{}", delete_membership},
    {"PUT", "/user_management/organization_memberships/{}/deactivate", deactivate_membership},
    {"PUT", "/user_management/organization_memberships/{}/reactivate", reactivate_membership},
    {"GET", "/user_management/users", list_users},
    {"POST", "/user_management/users", create_user},
    {"GET", "/user_management/users/external_id/{}", get_user_by_external_id},
    {"GET", "/user_management/users/{}", get_user},
    {"PUT", "/user_management/users/{}", update_user},
    {"DELETE", "/user_management/users/{}", delete_user},
    {"GET", "/user_management/invitations", list_invitations},
    {"POST", "/user_management/invitations", create_invitation},
    {"GET", "/user_management/invitations/by_token/{}", get_invitation_by_token},
    {"GET", "/user_management/invitations/{}", get_invitation},
    {"POST", "/user_management/invitations/{}/accept", accept_invitation},
    {"POST", "/user_management/invitations/{}/resend", resend_invitation},
    {"POST", "/user_management/invitations/{}/revoke", revoke_invitation},
    {"GET", "/organizations", list_organizations},
    {"POST", "/organizations", create_organization},
    {"GET", "/organizations/external_id/{}", get_organization_by_external_id},
    {"GET", "/organizations/{}", get_organization},
    {"PUT", "/organizations/{}", update_organization},
    {"DELETE", "/organizations/{}", delete_organization},
    {"GET", "/events", list_events},
    {"GET", "/webhook_endpoints", list_webhook_endpoints},
};

// Takes "/segment" off the front of `path`; nothing when it does not begin with one.
std::optional<std::string_view> take_segment(std::string_view& path) {
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

std::optional<std::vector<std::string>> match_path(std::string_view pattern,
                                                   std::string_view path) {
  std::vector<std::string> arguments;
  while (!pattern.empty()) {
    const auto wanted = take_segment(pattern);
    const auto given = take_segment(path);
    if (!wanted || !given || given->empty()) return std::nullopt;
    if (*wanted == "{}")
      arguments.push_back(percent_decode(*given));
    else if (*wanted != *given)
      return std::nullopt;
  }
  if (!path.empty()) return std::nullopt;
  return arguments;
}

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

std::optional<Match> find_route(std::string_view method, std::string_view target, bool dashboard) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = target.substr(std::min(target.size(), mark + 1));
  for (const Route& route : kRoutes) {
    if (route.method != method || (route.dashboard_only && !dashboard)) continue;
    if (auto arguments = match_path(route.path, path))
      return Match{route.handler, std::move(*arguments), query};
  }
  return std::nullopt;
}

}  // namespace rolecall::emulator
