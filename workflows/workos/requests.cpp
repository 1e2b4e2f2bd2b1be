#include "workflows/workos/requests.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace rolecall::workos {
namespace {

constexpr std::string_view kMemberships = "/user_management/organization_memberships";
constexpr std::string_view kStatuses = "statuses=active,inactive,pending";

HttpRequest bare(std::string method, std::string target) {
  return {std::move(method), std::move(target), {{"accept", "application/json"}}, {}};
}

HttpRequest with_body(std::string method, std::string target, const boost::json::object& body) {
  HttpRequest request = bare(std::move(method), std::move(target));
  request.headers["content-type"] = "application/json";
  request.body = boost::json::serialize(body);
  return request;
}

std::string roles_path(const std::string& organization) {
  return fmt::format("/authorization/organizations/{}/roles", percent_encoded(organization));
}

std::string role_path(const RoleName& role) {
  return fmt::format("{}/{}", roles_path(role.organization), percent_encoded(role.slug));
}

HttpRequest page_of(std::string_view path, const std::optional<std::string>& after) {
  std::string target = fmt::format("{}?limit=100&order=asc", path);
  if (after) target += "&after=" + percent_encoded(*after);
  return bare("GET", std::move(target));
}

std::string membership_path(std::string_view id) {
  return fmt::format("{}/{}", kMemberships, percent_encoded(id));
}

boost::json::object fields_of(const RoleText& text) {
  boost::json::object body{{"name", text.name}, {"description", nullptr}};
  if (text.description) body["description"] = *text.description;
  return body;
}

boost::json::array array_of(const Slugs& slugs) {
  boost::json::array array;
  for (const std::string& slug : slugs) array.emplace_back(slug);
  return array;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string idempotency_key(const Subject& subject, Version version) {
  return fmt::format("rolecall-{}-{}", percent_encoded(subject.text()), version.number());
}

HttpRequest get_organization(std::string_view id) {
  return bare("GET", "/organizations/" + percent_encoded(id));
}

HttpRequest get_organization_by_external_id(std::string_view external_id) {
  return bare("GET", "/organizations/external_id/" + percent_encoded(external_id));
}

HttpRequest get_user_by_external_id(std::string_view external_id) {
  return bare("GET", "/user_management/users/external_id/" + percent_encoded(external_id));
}

HttpRequest list_users(const std::string& organization, const std::optional<std::string>& after) {
  HttpRequest request = page_of("/user_management/users", after);
  request.target += "&organization_id=" + percent_encoded(organization);
  return request;
}

HttpRequest find_users(std::string_view email) {
  return bare("GET", "/user_management/users?limit=100&email=" + percent_encoded(email));
}

HttpRequest list_organizations(const std::optional<std::string>& after) {
  return page_of("/organizations", after);
}

HttpRequest list_webhook_endpoints(const std::optional<std::string>& after) {
  return page_of("/webhook_endpoints", after);
}

HttpRequest list_environment_roles() {
  return bare("GET", "/authorization/roles");
}

HttpRequest list_roles(const std::string& organization) {
  return bare("GET", roles_path(organization));
}

HttpRequest get_role(const RoleName& role) {
  return bare("GET", role_path(role));
}

HttpRequest create_role(const RoleName& role, const RoleText& text, const std::string& key) {
  boost::json::object body = fields_of(text);
  body["slug"] = role.slug;
  HttpRequest request = with_body("POST", roles_path(role.organization), body);
  request.headers["idempotency-key"] = key;
  return request;
}

HttpRequest update_role(const RoleName& role, const RoleText& text) {
  return with_body("PATCH", role_path(role), fields_of(text));
}

HttpRequest delete_role(const RoleName& role) {
  return bare("DELETE", role_path(role));
}

HttpRequest put_permissions(const RoleName& role, const Slugs& permissions) {
  return with_body("PUT", role_path(role) + "/permissions",
                   {{"permissions", array_of(permissions)}});
}

HttpRequest get_membership(std::string_view id) {
  return bare("GET", membership_path(id));
}

HttpRequest find_membership(const MemberName& member) {
  return bare("GET", fmt::format("{}?user_id={}&organization_id={}&{}&limit=100&order=asc",
                                 kMemberships, percent_encoded(member.user),
                                 percent_encoded(member.organization), kStatuses));
}

HttpRequest list_memberships(const std::string& organization, Order order,
                             const std::optional<std::string>& after) {
  std::string target = fmt::format("{}?organization_id={}&{}&limit=100&order={}", kMemberships,
                                   percent_encoded(organization), kStatuses,
                                   order == Order::ascending ? "asc" : "desc");
  if (after) target += "&after=" + percent_encoded(*after);
  return bare("GET", std::move(target));
}

HttpRequest create_membership(const MemberName& member, const Slugs& roles,
                              const std::string& key) {
  HttpRequest request = with_body("POST", std::string(kMemberships),
                                  {{"user_id", member.user},
                                   {"organization_id", member.organization},
                                   {"role_slugs", array_of(roles)}});
  request.headers["idempotency-key"] = key;
  return request;
}

HttpRequest update_membership(std::string_view id, const Slugs& roles) {
  return with_body("PUT", membership_path(id), {{"role_slugs", array_of(roles)}});
}

HttpRequest delete_membership(std::string_view id) {
  return bare("DELETE", membership_path(id));
}

}  // namespace rolecall::workos
