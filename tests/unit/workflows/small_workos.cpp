#include "tests/unit/workflows/small_workos.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "workflows/timestamps.hpp"

namespace rolecall::stories {
namespace {

namespace json = boost::json;
constexpr std::string_view kMemberships = "/user_management/organization_memberships";
constexpr std::string_view kRoles = "/authorization/organizations/org_1/roles";

HttpResponse answer(int status, const json::value& body) {
  return {status, {{"x-request-id", "req_small"}}, json::serialize(body)};
}

HttpResponse refusal(int status, std::string_view code) {
  return answer(status, json::object{{"message", "refused"}, {"code", code}});
}

std::string milliseconds(WallTime time) {
  std::string text = text_of(std::chrono::floor<Millis>(time));
  return text.substr(0, 23) + "Z";
}

json::object as_json(const SmallWorkos::Thing& thing, bool membership) {
  json::object body{{"id", thing.id},
                    {"created_at", milliseconds(thing.created_at)},
                    {"updated_at", milliseconds(thing.updated_at)}};
  if (!membership) {
    body["slug"] = "org-x";
    body["name"] = thing.name;
    body["description"] = nullptr;
    body["type"] = "OrganizationRole";
    body["permissions"] = json::array{};
    return body;
  }
  body["user_id"] = "user_1";
  body["organization_id"] = "org_1";
  body["status"] = thing.status;
  json::array roles;
  for (const auto& slug : thing.roles) roles.push_back(json::object{{"slug", slug}});
  body["roles"] = roles;
  return body;
}

std::set<std::string> roles_in(const HttpRequest& request) {
  std::set<std::string> roles;
  const json::value body = json::parse(request.body);
  for (const auto& slug : body.at("role_slugs").as_array()) roles.emplace(slug.as_string());
  return roles;
}

}  // namespace

void SmallWorkos::touch(Thing& thing, WallTime now) {
  // WorkOS's times have milliseconds; two writes within one are kept apart here, ties have their
  // own tests.
  thing.updated_at = std::max(std::chrono::floor<Millis>(now),
                              std::chrono::floor<Millis>(thing.updated_at) + Millis{1});
}

SmallWorkos::Thing SmallWorkos::fresh(const std::string& prefix, WallTime now) {
  const WallTime at = std::chrono::floor<Millis>(now);
  return {prefix + std::to_string(++made_), at, at};
}

HttpResponse SmallWorkos::handle(const HttpRequest& request, WallTime now) {
  if (request.method != "GET") ++writes_;
  const std::string_view target = request.target;
  if (target.starts_with(kMemberships)) {
    const auto rest = target.substr(kMemberships.size());
    return memberships(request, rest.starts_with("/") ? std::string(rest.substr(1)) : "", now);
  }
  if (target.starts_with(kRoles)) return roles(request, target.size() > kRoles.size(), now);
  return refusal(404, "not_found");
}

HttpResponse SmallWorkos::memberships(const HttpRequest& request, const std::string& id,
                                      WallTime now) {
  if (id.empty() && request.method == "GET") {
    json::array data;
    if (membership_) data.push_back(as_json(*membership_, true));
    return answer(200, json::object{{"data", data}, {"list_metadata", {{"after", nullptr}}}});
  }
  if (request.method == "POST") {
    if (membership_ && membership_->status == "active")
      return refusal(409, "organization_membership_already_exists");
    if (membership_) {
      membership_->status = "active";
      membership_->roles = roles_in(request);
      touch(*membership_, now);
    } else {
      membership_ = fresh("om_", now);
      membership_->roles = roles_in(request);
    }
    return answer(201, as_json(*membership_, true));
  }
  if (!membership_ || membership_->id != id) return refusal(404, "entity_not_found");
  if (request.method == "DELETE") {
    membership_.reset();
    return {200, {}, {}};
  }
  if (request.method == "PUT" && membership_->roles != roles_in(request)) {
    membership_->roles = roles_in(request);
    touch(*membership_, now);
  }
  return answer(200, as_json(*membership_, true));
}

HttpResponse SmallWorkos::roles(const HttpRequest& request, bool named, WallTime now) {
  if (!named && request.method == "GET") {
    json::array data;
    if (role_) data.push_back(as_json(*role_, false));
    return answer(200, json::object{{"data", data}});
  }
  if (!named && request.method == "POST") {
    if (role_) return refusal(409, "organization_role_slug_conflict");
    role_ = fresh("role_", now);
    role_->name = std::string(json::parse(request.body).at("name").as_string());
    return answer(201, as_json(*role_, false));
  }
  if (!role_) return refusal(404, "not_found");
  if (request.method == "DELETE") {
    role_.reset();
    return {204, {}, {}};
  }
  if (request.method == "PATCH") {
    const std::string name(json::parse(request.body).at("name").as_string());
    if (name != role_->name) rename_role(name, now);
  }
  return answer(200, as_json(*role_, false));
}

void SmallWorkos::set_roles(const std::set<std::string>& roles, WallTime now) {
  if (!membership_ || membership_->roles == roles) return;
  membership_->roles = roles;
  touch(*membership_, now);
}

void SmallWorkos::set_status(const std::string& status, WallTime now) {
  if (!membership_ || membership_->status == status) return;
  membership_->status = status;
  touch(*membership_, now);
}

void SmallWorkos::join(const std::set<std::string>& roles, WallTime now) {
  if (membership_) return;
  membership_ = fresh("om_", now);
  membership_->roles = roles;
}

void SmallWorkos::rename_role(const std::string& name, WallTime now) {
  if (!role_ || role_->name == name) return;
  role_->name = name;
  touch(*role_, now);
}

void SmallWorkos::make_role(const std::string& name, WallTime now) {
  if (role_) return;
  role_ = fresh("role_", now);
  role_->name = name;
}

}  // namespace rolecall::stories
