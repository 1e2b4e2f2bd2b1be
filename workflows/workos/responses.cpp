#include "workflows/workos/responses.hpp"

#include "workflows/timestamps.hpp"
#include "workflows/workos/classify.hpp"
#include "workflows/workos/documents.hpp"

namespace rolecall::workos {
namespace {

namespace dom = simdjson::dom;

constexpr int kNotFound = 404;

bool take_list(const dom::object& object, std::string_view key, std::vector<std::string>& into) {
  dom::array list;
  if (object[key].get_array().get(list) != simdjson::SUCCESS) return false;
  for (const dom::element item : list) {
    std::string_view text;
    if (item.get_string().get(text) != simdjson::SUCCESS) return false;
    into.emplace_back(text);
  }
  return true;
}

bool take_slug(const dom::element& role, std::vector<std::string>& into) {
  dom::object object;
  std::string slug;
  if (role.get_object().get(object) != simdjson::SUCCESS) return false;
  if (!take_text(object, "slug", slug)) return false;
  into.push_back(std::move(slug));
  return true;
}

// `roles` is required by the newer specification and missing from the older; then `role` stands.
bool take_roles(const dom::object& membership, std::vector<std::string>& into) {
  dom::array list;
  if (membership["roles"].get_array().get(list) == simdjson::SUCCESS) {
    for (const dom::element role : list)
      if (!take_slug(role, into)) return false;
    if (!into.empty()) return true;
  }
  dom::element role;
  return membership["role"].get(role) == simdjson::SUCCESS && take_slug(role, into);
}

}  // namespace

bool take_text(const dom::object& object, std::string_view key, std::string& into) {
  std::string_view text;
  if (object[key].get_string().get(text) != simdjson::SUCCESS) return false;
  into = text;
  return true;
}

bool take_time(const dom::object& object, std::string_view key, std::string& into) {
  return take_text(object, key, into) && wall_time_of(into).has_value();
}

Missing fill(const dom::object& from, Role& role) {
  if (!take_text(from, "slug", role.slug)) return "slug";
  if (!take_text(from, "name", role.name)) return "name";
  if (!take_time(from, "created_at", role.created_at)) return "created_at";
  if (!take_time(from, "updated_at", role.updated_at)) return "updated_at";
  take_text(from, "type", role.type);
  std::string description;
  if (take_text(from, "description", description)) role.description = std::move(description);
  std::vector<std::string> permissions;
  if (take_list(from, "permissions", permissions)) role.permissions = std::move(permissions);
  return {};
}

Missing fill(const dom::object& from, Membership& membership) {
  if (!take_text(from, "id", membership.id) || membership.id.empty()) return "id";
  if (!take_text(from, "user_id", membership.user_id)) return "user_id";
  if (!take_text(from, "organization_id", membership.organization_id)) return "organization_id";
  if (!take_text(from, "status", membership.status)) return "status";
  if (!take_roles(from, membership.roles)) return "roles";
  if (!take_time(from, "created_at", membership.created_at)) return "created_at";
  if (!take_time(from, "updated_at", membership.updated_at)) return "updated_at";
  bool managed = false;
  if (from["directory_managed"].get_bool().get(managed) == simdjson::SUCCESS)
    membership.directory_managed = managed;
  return {};
}

namespace {

Missing fill(const dom::object& from, std::vector<std::string>& slugs) {
  dom::array data;
  if (from["data"].get_array().get(data) != simdjson::SUCCESS) return "data";
  for (const dom::element role : data)
    if (!take_slug(role, slugs)) return "data";
  return {};
}

Missing fill(const dom::object& from, std::string& organization_id) {
  return take_text(from, "id", organization_id) && !organization_id.empty() ? "" : "id";
}

Missing fill(const dom::object& from, Tenant& tenant) {
  take_text(from, "external_id", tenant.external_id);
  return take_text(from, "id", tenant.id) && !tenant.id.empty() ? "" : "id";
}

Missing fill(const dom::object& from, User& user) {
  if (!take_text(from, "id", user.id) || user.id.empty()) return "id";
  if (!take_text(from, "email", user.email)) return "email";
  take_text(from, "external_id", user.external_id);
  if (from["email_verified"].get_bool().get(user.email_verified) != simdjson::SUCCESS)
    user.email_verified = false;
  return {};
}

Missing fill(const dom::object& from, WebhookEndpoint& endpoint) {
  std::string status;
  std::string secret;
  if (!take_text(from, "status", status)) return "status";
  if (!take_list(from, "events", endpoint.events)) return "events";
  endpoint.enabled = status == "enabled";
  if (take_text(from, "secret", secret)) endpoint.secret = Secret(std::move(secret));
  return {};
}

Missing fill(const dom::object& from, std::vector<Role>& roles) {
  dom::array data;
  if (from["data"].get_array().get(data) != simdjson::SUCCESS) return "data";
  for (const dom::element item : data) {
    dom::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS) return "data";
    if (const Missing missing = fill(object, roles.emplace_back()); !missing.empty())
      return missing;
  }
  return {};
}

// The objects of a page, and the cursor of the next one.
template <class Item>
Missing fill_page(const dom::object& from, std::vector<Item>& items,
                  std::optional<std::string>& next) {
  dom::array data;
  if (from["data"].get_array().get(data) != simdjson::SUCCESS) return "data";
  for (const dom::element item : data) {
    dom::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS) return "data";
    if (const Missing missing = fill(object, items.emplace_back()); !missing.empty())
      return missing;
  }
  dom::object metadata;
  std::string after;
  if (from["list_metadata"].get_object().get(metadata) == simdjson::SUCCESS &&
      take_text(metadata, "after", after) && !after.empty())
    next = std::move(after);
  return {};
}

Missing fill(const dom::object& from, MembershipPage& page) {
  return fill_page(from, page.memberships, page.after);
}

Missing fill(const dom::object& from, OrganizationPage& page) {
  return fill_page(from, page.ids, page.after);
}

Missing fill(const dom::object& from, UserPage& page) {
  return fill_page(from, page.users, page.after);
}

Missing fill(const dom::object& from, WebhookEndpointPage& page) {
  return fill_page(from, page.endpoints, page.after);
}

// A role without a name is shown by its slug.
Missing fill(const dom::object& from, std::vector<EnvironmentRole>& roles) {
  dom::array data;
  if (from["data"].get_array().get(data) != simdjson::SUCCESS) return "data";
  for (const dom::element item : data) {
    dom::object object;
    if (item.get_object().get(object) != simdjson::SUCCESS) return "data";
    std::string type;
    if (take_text(object, "type", type) && type != "EnvironmentRole") continue;
    EnvironmentRole role;
    if (!take_text(object, "slug", role.slug) || role.slug.empty()) return "slug";
    if (!take_text(object, "name", role.name) || role.name.empty()) role.name = role.slug;
    take_text(object, "description", role.description);
    if (!take_time(object, "created_at", role.created_at)) role.created_at.clear();
    if (!take_time(object, "updated_at", role.updated_at)) role.updated_at.clear();
    roles.push_back(std::move(role));
  }
  return {};
}

template <class Document>
Result<Document> document_in(const HttpResponse& response) {
  dom::parser parser;
  dom::object object;
  const simdjson::padded_string body(response.body);
  if (parser.parse(body).get_object().get(object) != simdjson::SUCCESS)
    return garbage_answer(response, "no JSON object");
  Document document;
  const Missing missing = fill(object, document);
  if (missing.empty()) return document;
  return garbage_answer(response, "no usable \"" + std::string(missing) + "\"");
}

// A page of something in between is no word of WorkOS's: then it is in doubt.
template <class Document>
Result<std::optional<Document>> found_in(const HttpResponse& response) {
  if (is_success(response)) {
    auto document = document_in<Document>(response);
    if (!document) return document.error();
    return std::optional<Document>(*std::move(document));
  }
  auto refused = failure_of(response);
  if (refused.http_status == kNotFound && refused.kind == FailureClass::look_first)
    return std::optional<Document>();
  return refused;
}

}  // namespace

Result<Role> role_in(const HttpResponse& response) {
  return document_in<Role>(response);
}

Result<std::vector<Role>> roles_in(const HttpResponse& response) {
  return document_in<std::vector<Role>>(response);
}

Result<std::vector<std::string>> role_slugs_in(const HttpResponse& response) {
  return document_in<std::vector<std::string>>(response);
}

Result<std::vector<EnvironmentRole>> environment_roles_in(const HttpResponse& response) {
  if (!is_success(response)) return failure_of(response);
  return document_in<std::vector<EnvironmentRole>>(response);
}

Result<Membership> membership_in(const HttpResponse& response) {
  return document_in<Membership>(response);
}

Result<MembershipPage> memberships_in(const HttpResponse& response) {
  return document_in<MembershipPage>(response);
}

Result<bool> organization_found(const HttpResponse& response) {
  const auto tenant = tenant_found(response);
  if (!tenant) return tenant.error();
  return tenant->has_value();
}

Result<std::optional<Tenant>> tenant_found(const HttpResponse& response) {
  return found_in<Tenant>(response);
}

Result<std::optional<User>> user_found(const HttpResponse& response) {
  return found_in<User>(response);
}

Result<UserPage> users_in(const HttpResponse& response) {
  if (!is_success(response)) return failure_of(response);
  return document_in<UserPage>(response);
}

Result<OrganizationPage> organizations_in(const HttpResponse& response) {
  if (!is_success(response)) return failure_of(response);
  return document_in<OrganizationPage>(response);
}

Result<WebhookEndpointPage> webhook_endpoints_in(const HttpResponse& response) {
  if (!is_success(response)) return failure_of(response);
  return document_in<WebhookEndpointPage>(response);
}

std::optional<WallTime> answered_at(const HttpResponse& response) {
  const auto date = response.headers.find("date");
  return date == response.headers.end() ? std::nullopt : http_date_of(date->second);
}

Refusal refusal_in(std::string_view body) {
  dom::parser parser;
  dom::object object;
  const simdjson::padded_string padded(body);
  Refusal refusal;
  if (parser.parse(padded).get_object().get(object) != simdjson::SUCCESS) return refusal;
  refusal.is_object = true;
  take_text(object, "message", refusal.message);
  dom::array errors;
  if (take_text(object, "code", refusal.code) ||
      object["errors"].get_array().get(errors) != simdjson::SUCCESS)
    return refusal;
  for (const dom::element error : errors) {
    dom::object entry;
    if (error.get_object().get(entry) == simdjson::SUCCESS &&
        take_text(entry, "code", refusal.code))
      break;
  }
  return refusal;
}

}  // namespace rolecall::workos
