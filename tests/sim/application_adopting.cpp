// What WorkOS's side did, as the mirror follows it.
#include <algorithm>

#include "tests/sim/application.hpp"
#include "tests/sim/document.hpp"

namespace rolecall::sim {
namespace {

std::optional<std::string> description_in(const Document& role) {
  const auto at = role.elements.find("description");
  if (at == role.elements.end() || at->second.empty()) return std::nullopt;
  return at->second;
}

}  // namespace

void Application::adopt(const Subject& subject, const std::string& kind, const JsonText& desired) {
  if (kind.starts_with("member.")) return adopt_member(kind, desired);
  const auto document = document_of(kind, desired);
  const auto role = std::ranges::find_if(roles_, [&](const auto& known) {
    return known.second.subject == subject || known.second.permissions_subject == subject;
  });
  if (!document || role == roles_.end()) return;  // nothing revives a role that ended
  if (kind == "role.remove") return lose_role(role->first);
  if (kind == "role.push") {
    role->second.name = document->elements.at("name");
    role->second.description = description_in(*document);
    return;
  }
  role->second.permissions.clear();
  for (const auto& [permission, nothing] : document->elements)
    role->second.permissions.push_back(permission);
}

void Application::adopt_member(const std::string& kind, const JsonText& desired) {
  const auto document = document_of(kind, desired);
  if (!document) return;
  const Key key{document->organization, document->name};
  members_ever_.insert(key);
  if (!document->present) {
    members_.erase(key);
    return;
  }
  auto& roles = members_[key];
  roles.clear();
  for (const auto& [slug, nothing] : document->elements) roles.insert(slug);
}

// It is gone at WorkOS: whoever holds it here loses it in the same transaction.
void Application::lose_role(const Key& found) {
  const Key key = found;
  const auto role = roles_.find(key);
  former_[key] = role->second;
  if (role->second.permissions_managed) database_.end_permissions(role->second.permissions_subject);
  roles_.erase(role);
  take_away(key, false);
}

Subject Application::enter_role(const StreamEvent& event) {
  const Key key{event.organization, event.name};
  const auto id = std::to_string(++made_);
  Role role{Subject{"role:organization:" + id}, Subject{"role_permissions:" + id}, event.name};
  if (const auto shown = document_of("role.push", event.shown->value.value_or("{}"))) {
    role.name = shown->elements.at("name");
    role.description = description_in(*shown);
  }
  slugs_ever_.insert(key);
  return roles_.emplace(key, std::move(role)).first->second.subject;
}

}  // namespace rolecall::sim
