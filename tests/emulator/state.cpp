// state.cpp -- see state.hpp.
#include "tests/emulator/state.hpp"

#include <algorithm>

namespace rolecall::emulator {

Membership& Memberships::add(Membership membership) {
  Membership& row = table_.add(std::move(membership));
  pairs_[{row.organization_id, row.user_id}] = row.position;
  by_organization_[row.organization_id].insert(row.position);
  by_user_[row.user_id].insert(row.position);
  return row;
}

void Memberships::erase(const std::string& id) {
  const Membership* row = table_.find(id);
  if (row == nullptr) return;
  pairs_.erase({row->organization_id, row->user_id});
  by_organization_[row->organization_id].erase(row->position);
  by_user_[row->user_id].erase(row->position);
  table_.erase(id);
}

Membership* Memberships::of(const std::string& organization_id, const std::string& user_id) {
  const auto pair = pairs_.find({organization_id, user_id});
  return pair == pairs_.end() ? nullptr : table_.at(pair->second);
}

std::vector<Membership*> Memberships::of_organization(const std::string& organization_id) {
  const auto found = by_organization_.find(organization_id);
  return found == by_organization_.end() ? std::vector<Membership*>{} : at(found->second);
}

std::vector<Membership*> Memberships::of_user(const std::string& user_id) {
  const auto found = by_user_.find(user_id);
  return found == by_user_.end() ? std::vector<Membership*>{} : at(found->second);
}

std::vector<Membership*> Memberships::at(const std::set<Position>& positions) {
  std::vector<Membership*> rows;
  rows.reserve(positions.size());
  for (Position position : positions) rows.push_back(table_.at(position));
  return rows;
}

Role* find_role(std::vector<Role>& roles, const std::string& slug) {
  const auto role = std::ranges::find(roles, slug, &Role::slug);
  return role == roles.end() ? nullptr : &*role;
}

Role* role_in(State& state, Organization& organization, const std::string& slug) {
  Role* own = find_role(organization.roles, slug);
  return own != nullptr ? own : find_role(state.roles, slug);
}

Permission* find_permission(State& state, const std::string& slug) {
  for (auto& [position, permission] : state.permissions.rows())
    if (permission.slug == slug) return &permission;
  return nullptr;
}

bool same_address(const std::string& left, const std::string& right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(left, right, {}, lower, lower);
}

User* find_user_by_email(State& state, const std::string& email) {
  for (auto& [position, user] : state.users.rows())
    if (same_address(user.email, email)) return &user;
  return nullptr;
}

}  // namespace rolecall::emulator
