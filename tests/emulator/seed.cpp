// seed.cpp -- a state given as one document, and the state written as one; no events are emitted.
#include <fmt/format.h>

#include <algorithm>

#include "tests/emulator/emulator.hpp"
#include "tests/emulator/snapshot.hpp"

namespace rolecall::emulator {

namespace {

// One item of the document, with what is wrong so far. The first problem wins.
struct Item {
  const json::object& fields;
  std::string place;  // "roles[3]"
  std::optional<std::string>& problem;

  std::string text(std::string_view name) {
    const auto value = maybe(name);
    if (!value && !problem) problem = fmt::format("{} needs a string \"{}\"", place, name);
    return value.value_or("");
  }
  std::optional<std::string> maybe(std::string_view name) {
    const json::value* value = fields.if_contains(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (value->is_string()) return std::string{value->get_string()};
    if (!problem) problem = fmt::format("{}: \"{}\" must be a string", place, name);
    return std::nullopt;
  }
  std::optional<std::vector<std::string>> texts(std::string_view name) {
    Fields reader{fields};
    auto all = reader.texts(name);
    if (!reader.fine() && !problem)
      problem = fmt::format("{}: \"{}\" must be an array of strings", place, name);
    return all;
  }
};

template <class T>
void stamp(T& row, std::string id, WallTime now) {
  row.id = std::move(id);
  row.created_at = row.updated_at = now;
}

void seed_organization(State& state, Item& item, WallTime now) {
  const std::string id = item.text("id");
  Organization* known = state.organizations.find(id);
  Organization organization = known != nullptr ? *known : Organization{};
  if (known == nullptr) stamp(organization, id, now);
  organization.name = item.text("name");
  if (const auto external = item.maybe("external_id")) organization.external_id = external;
  if (item.problem) return;
  if (known != nullptr)
    *known = std::move(organization);
  else
    state.organizations.add(std::move(organization));
}

void seed_user(State& state, Item& item, WallTime now) {
  const std::string id = item.text("id");
  User* known = state.users.find(id);
  User user = known != nullptr ? *known : User{};
  if (known == nullptr) stamp(user, id, now);
  user.email = item.text("email");
  if (const auto first = item.maybe("first_name")) user.first_name = first;
  if (const auto last = item.maybe("last_name")) user.last_name = last;
  if (const auto external = item.maybe("external_id")) user.external_id = external;
  // people of years ago have proved their addresses, unless the seed says otherwise
  const json::value* verified = item.fields.if_contains("email_verified");
  if (known == nullptr || verified != nullptr)
    user.email_verified = verified == nullptr || *verified == true;
  if (item.problem) return;
  if (known != nullptr)
    *known = std::move(user);
  else
    state.users.add(std::move(user));
}

void seed_permission(State& state, const std::string& slug, std::optional<std::string> name,
                     WallTime now) {
  if (find_permission(state, slug) != nullptr) return;
  Permission permission;
  stamp(permission, state.ids.make("perm_", now), now);
  permission.slug = slug;
  permission.name = name.value_or(slug);
  state.permissions.add(std::move(permission));
}

void seed_role(State& state, Item& item, WallTime now) {
  const std::string slug = item.text("slug");
  const std::string name = item.text("name");
  const auto organization_id = item.maybe("organization_id");
  const auto permissions = item.texts("permissions");
  const auto description = item.maybe("description");
  Organization* organization =
      organization_id ? state.organizations.find(*organization_id) : nullptr;
  if (organization_id && organization == nullptr && !item.problem)
    item.problem = fmt::format("{}: no organization {}", item.place, *organization_id);
  if (item.problem) return;
  std::vector<Role>& roles = organization != nullptr ? organization->roles : state.roles;
  Role* role = find_role(roles, slug);
  if (role == nullptr) {
    role = &roles.emplace_back();
    stamp(*role, state.ids.make("role_", now), now);
    role->slug = slug;
  }
  role->name = name;
  if (description) role->description = description;
  if (permissions) role->permissions = *permissions;
  for (const std::string& each : role->permissions) seed_permission(state, each, {}, now);
}

void seed_membership(State& state, Item& item, WallTime now) {
  const std::string user_id = item.text("user_id");
  const std::string organization_id = item.text("organization_id");
  const auto slugs = item.texts("role_slugs");
  const std::string status = item.maybe("status").value_or("active");
  if (item.problem) return;
  Organization* organization = state.organizations.find(organization_id);
  if (organization == nullptr || state.users.find(user_id) == nullptr) {
    item.problem =
        fmt::format("{}: no organization {} or no user {}", item.place, organization_id, user_id);
    return;
  }
  Membership membership;
  membership.roles = slugs.value_or(std::vector{state.default_role_slug});
  if (membership.roles.empty()) membership.roles.push_back(state.default_role_slug);
  for (const std::string& slug : membership.roles) {
    if (role_in(state, *organization, slug) != nullptr) continue;
    item.problem = fmt::format("{}: no role {} in {}", item.place, slug, organization_id);
    return;
  }
  if (status != "active" && status != "inactive" && status != "pending") {
    item.problem = fmt::format("{}: {} is no status", item.place, status);
    return;
  }
  if (const Membership* known = state.memberships.of(organization_id, user_id))
    state.memberships.erase(std::string{known->id});
  stamp(membership, item.maybe("id").value_or(state.ids.make("om_", now)), now);
  membership.user_id = user_id;
  membership.organization_id = organization_id;
  membership.status = status;
  const json::value* managed = item.fields.if_contains("directory_managed");
  membership.directory_managed = managed != nullptr && *managed == true;
  state.memberships.add(std::move(membership));
}

using SeedOne = void (*)(State&, Item&, WallTime);

std::optional<std::string> seed_all(State& state, const json::object& document,
                                    std::string_view list, SeedOne seed_one, WallTime now) {
  const json::value* items = document.if_contains(list);
  if (items == nullptr) return std::nullopt;
  if (!items->is_array()) return fmt::format("\"{}\" must be an array", list);
  std::size_t index = 0;
  for (const json::value& value : items->get_array()) {
    std::optional<std::string> problem;
    const std::string place = fmt::format("{}[{}]", list, index++);
    if (!value.is_object()) return place + " must be an object";
    Item item{value.get_object(), place, problem};
    seed_one(state, item, now);
    if (problem) return problem;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> Emulator::seed(const std::string& text, WallTime now) {
  if (text.empty()) return std::nullopt;
  boost::system::error_code error;
  const json::value document = json::parse(text, error);
  if (error || !document.is_object()) return "the seed must be a JSON object";
  const json::object& lists = document.get_object();
  // Seeded on a copy: a seed with a mistake in it changes nothing.
  State copy = state();
  const auto permission = [](State& into, Item& item, WallTime at) {
    const std::string slug = item.text("slug");
    if (!item.problem) seed_permission(into, slug, item.maybe("name"), at);
  };
  const std::pair<std::string_view, SeedOne> steps[] = {{"organizations", seed_organization},
                                                        {"users", seed_user},
                                                        {"permissions", permission},
                                                        {"roles", seed_role},
                                                        {"memberships", seed_membership}};
  for (const auto& [list, seed_one] : steps)
    if (auto problem = seed_all(copy, lists, list, seed_one, whole_millis(now))) return problem;
  state() = std::move(copy);
  return std::nullopt;
}

namespace {

void add_role(json::array& roles, const Role& role, const std::string& organization_id) {
  json::object object{
      {"id", role.id},
      {"slug", role.slug},
      {"name", role.name},
      {"description", text_or_null(role.description)},
      {"permissions", json::array(role.permissions.begin(), role.permissions.end())},
      {"updated_at", format_time(role.updated_at)}};
  if (!organization_id.empty()) object["organization_id"] = organization_id;
  roles.push_back(std::move(object));
}

}  // namespace

json::object snapshot(State& state) {
  json::array organizations, users, permissions, roles, memberships;
  for (const Role& role : state.roles) add_role(roles, role, "");
  for (const auto& [position, organization] : state.organizations.rows()) {
    organizations.push_back({{"id", organization.id},
                             {"name", organization.name},
                             {"external_id", text_or_null(organization.external_id)}});
    for (const Role& role : organization.roles) add_role(roles, role, organization.id);
  }
  for (const auto& [position, user] : state.users.rows())
    users.push_back(
        {{"id", user.id}, {"email", user.email}, {"external_id", text_or_null(user.external_id)}});
  for (const auto& [position, permission] : state.permissions.rows())
    permissions.push_back({{"slug", permission.slug}, {"name", permission.name}});
  for (const auto& [position, membership] : state.memberships.table().rows())
    memberships.push_back(
        {{"id", membership.id},
         {"user_id", membership.user_id},
         {"organization_id", membership.organization_id},
         {"role_slugs", json::array(membership.roles.begin(), membership.roles.end())},
         {"status", membership.status},
         {"directory_managed", membership.directory_managed},
         {"updated_at", format_time(membership.updated_at)}});
  return {{"organizations", std::move(organizations)},
          {"users", std::move(users)},
          {"permissions", std::move(permissions)},
          {"roles", std::move(roles)},
          {"memberships", std::move(memberships)}};
}

}  // namespace rolecall::emulator
