#include "tests/sim/application.hpp"

#include <algorithm>

#include "tests/sim/document.hpp"

namespace rolecall::sim {
namespace {

Subject member_subject(const Application::Key& key) {
  return Subject{"member:" + key_part(key.first) + ":" + key_part(key.second)};
}

constexpr auto kDefaultRole = "member";

}  // namespace

void Application::publish(const Subject& subject, const std::string& organization, std::string kind,
                          JsonText desired, int priority, std::vector<Wait> waits, bool is_local) {
  database_.mutate({subject, OrganizationId{organization}, std::move(kind), std::move(desired),
                    priority, std::move(waits), "simulated", is_local});
}

Wait Application::current(const Subject& subject) const {
  return {subject.text(), database_.tables().subjects.at(subject).version.number()};
}

// The newest role of this slug that was deleted, and its permissions, are done before the slug is
// used again.
std::vector<Wait> Application::role_waits(const Key& key) const {
  std::vector<Wait> waits;
  const auto former = former_.find(key);
  if (former == former_.end()) return waits;
  waits.push_back(current(former->second.subject));
  if (former->second.permissions_managed)
    waits.push_back(current(former->second.permissions_subject));
  return waits;
}

bool Application::knows_slug(const std::string& organization, const std::string& slug) const {
  return !slug.starts_with("org-") || roles_.contains({organization, slug});
}

bool Application::create_role(const std::string& organization, const std::string& slug,
                              std::string name) {
  const Key key{organization, slug};
  if (roles_.contains(key)) return false;
  const auto id = std::to_string(++made_);
  const Role role{Subject{"role:organization:" + id}, Subject{"role_permissions:" + id},
                  std::move(name)};
  slugs_ever_.insert(key);
  publish(role.subject, organization, "role.push",
          role_text(organization, slug, role.name, role.description), 1, role_waits(key));
  roles_.emplace(key, role);
  return true;
}

bool Application::update_role(const std::string& organization, const std::string& slug,
                              std::string name, std::optional<std::string> description) {
  const auto role = roles_.find({organization, slug});
  if (role == roles_.end()) return false;
  role->second.name = std::move(name);
  role->second.description = std::move(description);
  publish(role->second.subject, organization, "role.push",
          role_text(organization, slug, role->second.name, role->second.description), 1,
          role_waits(role->first));
  return true;
}

bool Application::set_permissions(const std::string& organization, const std::string& slug,
                                  std::vector<std::string> permissions) {
  const auto role = roles_.find({organization, slug});
  if (role == roles_.end()) return false;
  std::ranges::sort(permissions);
  role->second.permissions = std::move(permissions);
  role->second.permissions_managed = true;
  publish(role->second.permissions_subject, organization, "role.permissions",
          permissions_text(organization, slug, role->second.permissions), 1,
          {current(role->second.subject)});
  return true;
}

// The holders lose the role in the same transaction; the removal waits until that was said.
bool Application::delete_role(const std::string& organization, const std::string& slug) {
  const Key key{organization, slug};
  const auto role = roles_.find(key);
  if (role == roles_.end()) return false;
  auto waits = role_waits(key);
  const auto subject = role->second.subject;
  former_[key] = role->second;
  if (role->second.permissions_managed) database_.end_permissions(role->second.permissions_subject);
  roles_.erase(role);
  take_away(key, true);
  waits.insert(waits.begin(), Wait{"member:" + key_part(organization) + ":*",
                                   database_.next_outbox_id().number()});
  publish(subject, organization, "role.remove", role_text(organization, slug, slug, std::nullopt),
          1, std::move(waits));
  return true;
}

void Application::take_away(const Key& role, bool is_local) {
  for (auto& [member, held] : members_) {
    if (member.first != role.first || held.erase(role.second) == 0) continue;
    if (held.empty()) held.insert(kDefaultRole);
    publish_member(member, 0, is_local);
  }
}

void Application::publish_member(const Key& key, int priority, bool is_local) {
  std::vector<Wait> waits;
  const auto& roles = members_.at(key);
  for (const auto& slug : roles)
    if (const auto role = roles_.find({key.first, slug}); role != roles_.end())
      waits.push_back(current(role->second.subject));
  publish(member_subject(key), key.first, "member.push", member_text(key.first, key.second, roles),
          priority, std::move(waits), is_local);
}

bool Application::add_member(const std::string& organization, const std::string& user,
                             std::set<std::string> roles) {
  const Key key{organization, user};
  if (members_.contains(key) || roles.empty()) return false;
  members_[key] = std::move(roles);
  members_ever_.insert(key);
  publish_member(key, 1);
  return true;
}

bool Application::set_member_roles(const std::string& organization, const std::string& user,
                                   std::set<std::string> roles) {
  const Key key{organization, user};
  const auto member = members_.find(key);
  if (member == members_.end() || roles.empty() || member->second == roles) return false;
  const bool takes_away = !std::ranges::includes(roles, member->second);
  member->second = std::move(roles);
  publish_member(key, takes_away ? 0 : 1);
  return true;
}

bool Application::remove_member(const std::string& organization, const std::string& user) {
  const Key key{organization, user};
  if (members_.erase(key) == 0) return false;
  publish(member_subject(key), organization, "member.remove",
          member_text(organization, user, {kDefaultRole}), 0, {});
  return true;
}

}  // namespace rolecall::sim
