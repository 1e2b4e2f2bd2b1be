// state.hpp -- what one WorkOS environment holds.
// Owns:    all of it, as values in order of creation.
// Thread:  one.
// Fails:   never; a lookup that finds nothing answers null.
// Never:   checks a rule; the families (roles.cpp, memberships.cpp, ...) do.
#pragma once

#include <set>

#include "tests/emulator/ids.hpp"
#include "tests/emulator/table.hpp"

namespace rolecall::emulator {

// Memberships, found also by their two sides.
class Memberships {
 public:
  Membership& add(Membership membership);
  void erase(const std::string& id);
  Membership* find(const std::string& id) { return table_.find(id); }
  Membership* of(const std::string& organization_id, const std::string& user_id);
  std::vector<Membership*> of_organization(const std::string& organization_id);
  std::vector<Membership*> of_user(const std::string& user_id);
  const Table<Membership>& table() const { return table_; }

 private:
  std::vector<Membership*> at(const std::set<Position>& positions);
  Table<Membership> table_{};
  std::map<std::pair<std::string, std::string>, Position> pairs_{};
  std::map<std::string, std::set<Position>> by_organization_{};
  std::map<std::string, std::set<Position>> by_user_{};
};

struct State {
  explicit State(std::uint64_t random_seed) : ids(random_seed) {}

  IdSource ids;
  bool multiple_roles = false;
  std::string default_role_slug = "member";
  Millis event_delay{0};  // how long an event is held back from readers

  std::vector<Role> roles{};  // the environment's, in order of priority
  Table<Permission> permissions{};
  Table<Organization> organizations{};
  Table<User> users{};
  Memberships memberships{};
  Table<Invitation> invitations{};
  Table<WebhookEndpoint> webhook_endpoints{};  // made in the dashboard: by /_emulator/config
  std::vector<Event> events{};                 // oldest first
  std::unordered_map<std::string, std::size_t> event_index{};
};

Role* find_role(std::vector<Role>& roles, const std::string& slug);
// The organization's own role of that slug, else the environment's.
Role* role_in(State& state, Organization& organization, const std::string& slug);
Permission* find_permission(State& state, const std::string& slug);
User* find_user_by_email(State& state, const std::string& email);  // in any case
bool same_address(const std::string& left, const std::string& right);

}  // namespace rolecall::emulator
