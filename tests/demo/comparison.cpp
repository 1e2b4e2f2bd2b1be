#include "tests/demo/comparison.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <map>
#include <set>
#include <stdexcept>

#include "tests/support/http.hpp"

namespace rolecall::demo {
namespace {

namespace json = boost::json;

using Roles = std::map<std::string, std::string>;              // slug -> name and description
using Members = std::map<std::string, std::set<std::string>>;  // user -> slugs

json::value get(const std::string& emulator, const std::string& key, const std::string& target) {
  HttpRequest request;
  request.target = target;
  request.headers["authorization"] = "Bearer " + key;
  const auto response = testing::http(emulator, request);
  if (response.status != 200)
    throw std::runtime_error(fmt::format("GET {} answered {}", target, response.status));
  return json::parse(response.body);
}

std::string text(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : "";
}

Roles remote_roles(const std::string& emulator, const std::string& key, const std::string& org) {
  Roles roles;
  const auto list = get(emulator, key, "/authorization/organizations/" + org + "/roles");
  for (const auto& role : list.at("data").as_array())
    if (text(role.at("type")) == "OrganizationRole")
      roles[text(role.at("slug"))] = text(role.at("name")) + " | " + text(role.at("description"));
  return roles;
}

Members remote_members(const std::string& emulator, const std::string& key,
                       const std::string& org) {
  Members members;
  std::string after;
  do {
    const auto page = get(emulator, key,
                          "/user_management/organization_memberships?organization_id=" + org +
                              "&statuses=active,inactive,pending&order=asc&limit=100" +
                              (after.empty() ? "" : "&after=" + after));
    for (const auto& membership : page.at("data").as_array()) {
      auto& slugs = members[text(membership.at("user_id"))];
      for (const auto& role : membership.at("roles").as_array())
        slugs.insert(text(role.at("slug")));
    }
    after = text(page.at("list_metadata").at("after"));
  } while (!after.empty());
  return members;
}

Rows rows_of(Database& database, const std::string& sql, const Params& params) {
  auto rows = database.run(sql, params);
  if (!rows) throw std::runtime_error(rows.error().detail);
  return std::move(*rows);
}

Roles local_roles(Database& database, const std::string& organization) {
  Roles roles;
  const auto rows = rows_of(database,
                            "select workos_slug, name, coalesce(description, '') as description "
                            "from rolecall.organization_roles "
                            "where organization_id = $1 and deleted_at is null",
                            {organization});
  for (std::size_t i = 0; i < rows.size(); ++i)
    roles[rows.text(i, "workos_slug")] = rows.text(i, "name") + " | " + rows.text(i, "description");
  return roles;
}

Members local_members(Database& database, const std::string& organization) {
  Members members;
  const auto rows =
      rows_of(database,
              "select m.workos_user_id, coalesce(g.workos_slug, r.workos_slug) as slug "
              "from rolecall.organization_memberships m "
              "left join rolecall.organization_role_assignments a on a.deleted_at is null "
              " and (a.organization_id, a.workos_user_id) = (m.organization_id, m.workos_user_id) "
              "left join rolecall.global_roles g on 'role:global:' || g.id = a.role_urn "
              "left join rolecall.organization_roles r on r.subject = a.role_urn "
              "where m.organization_id = $1 and m.deleted_at is null",
              {organization});
  for (std::size_t i = 0; i < rows.size(); ++i)
    members[rows.text(i, "workos_user_id")].insert(rows.text(i, "slug"));
  return members;
}

std::string told(const std::string& value) {
  return "\"" + value + "\"";
}
std::string told(const std::set<std::string>& value) {
  return fmt::format("{}", value);
}

template <class Map>
void differ(const Map& local, const Map& remote, const std::string& what, Comparison& result) {
  for (const auto& [key, value] : local) {
    const auto other = remote.find(key);
    if (other == remote.end())
      result.differences.push_back(what + " " + key + " is missing at WorkOS");
    else if (other->second != value)
      result.differences.push_back(what + " " + key + ": local " + told(value) + ", WorkOS " +
                                   told(other->second));
  }
  for (const auto& [key, value] : remote)
    if (!local.contains(key))
      result.differences.push_back(what + " " + key + " is at WorkOS only: " + told(value));
}

}  // namespace

Comparison compare(Database& database, const std::string& emulator, const std::string& api_key) {
  Comparison result;
  const auto organizations = rows_of(database,
                                     "select id, workos_organization_id from "
                                     "rolecall.organizations order by id",
                                     {});
  for (std::size_t i = 0; i < organizations.size(); ++i) {
    const auto id = organizations.text(i, "id");
    const auto remote = organizations.text(i, "workos_organization_id");
    const auto roles = local_roles(database, id);
    const auto members = local_members(database, id);
    differ(roles, remote_roles(emulator, api_key, remote), id + " role", result);
    differ(members, remote_members(emulator, api_key, remote), id + " member", result);
    ++result.organizations;
    result.roles += static_cast<int>(roles.size());
    result.members += static_cast<int>(members.size());
    for (const auto& [user, slugs] : members) result.assignments += static_cast<int>(slugs.size());
  }
  return result;
}

}  // namespace rolecall::demo
