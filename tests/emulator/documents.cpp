// documents.cpp -- see documents.hpp.
#include "tests/emulator/documents.hpp"

#include "tests/emulator/times.hpp"

namespace rolecall::emulator {

namespace {

void add_times(json::object& object, const Row& row) {
  object["created_at"] = format_time(row.created_at);
  object["updated_at"] = format_time(row.updated_at);
}

json::object document(const Metadata& metadata) {
  json::object object;
  for (const auto& [key, value] : metadata) object[key] = value;
  return object;
}

json::object document(const Domain& domain, const std::string& organization_id) {
  json::object object{{"object", "organization_domain"},
                      {"id", domain.id},
                      {"organization_id", organization_id},
                      {"domain", domain.domain},
                      {"state", domain.state},
                      {"verification_strategy", "manual"}};
  add_times(object, domain);
  return object;
}

json::array permission_slugs(const Role& role) {
  return json::array(role.permissions.begin(), role.permissions.end());
}

json::value time_or_null(const std::optional<WallTime>& time) {
  return time ? json::value(format_time(*time)) : json::value(nullptr);
}

}  // namespace

json::value text_or_null(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

json::object document(const Role& role, Scope scope) {
  json::object object{
      {"object", "role"},
      {"id", role.id},
      {"slug", role.slug},
      {"name", role.name},
      {"description", text_or_null(role.description)},
      {"type", scope == Scope::environment ? "EnvironmentRole" : "OrganizationRole"},
      {"resource_type_slug", role.resource_type_slug},
      {"permissions", permission_slugs(role)}};
  add_times(object, role);
  return object;
}

json::object document(const WebhookEndpoint& endpoint) {
  json::object object{{"object", "webhook_endpoint"},
                      {"id", endpoint.id},
                      {"endpoint_url", endpoint.url},
                      {"secret", endpoint.secret},
                      {"status", endpoint.enabled ? "enabled" : "disabled"},
                      {"events", json::array(endpoint.events.begin(), endpoint.events.end())}};
  add_times(object, endpoint);
  return object;
}

json::object event_document(const Role& role) {
  json::object object{{"object", "role"},
                      {"slug", role.slug},
                      {"resource_type_slug", role.resource_type_slug},
                      {"permissions", permission_slugs(role)}};
  add_times(object, role);
  return object;
}

json::object event_document(const Role& role, const std::string& organization_id) {
  json::object object{{"object", "organization_role"},
                      {"organization_id", organization_id},
                      {"slug", role.slug},
                      {"name", role.name},
                      {"description", text_or_null(role.description)},
                      {"resource_type_slug", role.resource_type_slug},
                      {"permissions", permission_slugs(role)}};
  add_times(object, role);
  return object;
}

json::object document(const Permission& permission) {
  json::object object{{"object", "permission"},
                      {"id", permission.id},
                      {"slug", permission.slug},
                      {"name", permission.name},
                      {"description", text_or_null(permission.description)},
                      {"system", permission.system},
                      {"resource_type_slug", permission.resource_type_slug}};
  add_times(object, permission);
  return object;
}

json::object document(const Organization& organization) {
  json::array domains;
  for (const Domain& domain : organization.domains)
    domains.push_back(document(domain, organization.id));
  json::object object{
      {"object", "organization"},
      {"id", organization.id},
      {"name", organization.name},
      {"domains", std::move(domains)},
      {"metadata", document(organization.metadata)},
      {"external_id", text_or_null(organization.external_id)},
      {"allow_profiles_outside_organization", organization.allow_profiles_outside_organization}};
  if (organization.stripe_customer_id)
    object["stripe_customer_id"] = *organization.stripe_customer_id;
  add_times(object, organization);
  return object;
}

json::object document(const User& user) {
  json::value name;
  if (user.first_name || user.last_name) {
    std::string full = user.first_name.value_or("");
    if (user.first_name && user.last_name) full += ' ';
    name = full + user.last_name.value_or("");
  }
  json::object object{{"object", "user"},
                      {"id", user.id},
                      {"email", user.email},
                      {"first_name", text_or_null(user.first_name)},
                      {"last_name", text_or_null(user.last_name)},
                      {"name", std::move(name)},
                      {"email_verified", user.email_verified},
                      {"profile_picture_url", nullptr},
                      {"external_id", text_or_null(user.external_id)},
                      {"metadata", document(user.metadata)},
                      {"last_sign_in_at", nullptr},
                      {"locale", text_or_null(user.locale)}};
  add_times(object, user);
  return object;
}

json::array role_documents(const Membership& membership) {
  json::array roles;
  for (const std::string& slug : membership.roles) roles.push_back({{"slug", slug}});
  return roles;
}

json::object event_document(const Membership& membership) {
  json::object object{{"object", "organization_membership"},
                      {"id", membership.id},
                      {"user_id", membership.user_id},
                      {"organization_id", membership.organization_id},
                      {"status", membership.status},
                      {"directory_managed", membership.directory_managed},
                      {"role", {{"slug", membership.roles.front()}}},
                      {"roles", role_documents(membership)},
                      {"custom_attributes", json::object{}}};
  add_times(object, membership);
  return object;
}

json::object document(const Membership& membership, State& state) {
  json::object object = event_document(membership);
  // A membership never outlives its organization or its user.
  object["organization_name"] = state.organizations.find(membership.organization_id)->name;
  object["user"] = document(*state.users.find(membership.user_id));
  return object;
}

json::object event_document(const Invitation& invitation) {
  json::object object{{"object", "invitation"},
                      {"id", invitation.id},
                      {"email", invitation.email},
                      {"state", invitation.state},
                      {"accepted_at", time_or_null(invitation.accepted_at)},
                      {"revoked_at", time_or_null(invitation.revoked_at)},
                      {"expires_at", format_time(invitation.expires_at)},
                      {"organization_id", text_or_null(invitation.organization_id)},
                      {"inviter_user_id", text_or_null(invitation.inviter_user_id)},
                      {"accepted_user_id", text_or_null(invitation.accepted_user_id)},
                      {"role_slug", text_or_null(invitation.role_slug)}};
  add_times(object, invitation);
  return object;
}

json::object document(const Invitation& invitation) {
  json::object object = event_document(invitation);
  object["token"] = invitation.token;
  object["accept_invitation_url"] =
      "https://your-app.example/invite?invitation_token=" + invitation.token;
  return object;
}

}  // namespace rolecall::emulator
