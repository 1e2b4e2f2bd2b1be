// application.hpp -- roles and members as the application means them, and how it changes them.
// Owns:    the mirror. What it publishes goes to the memory database.
// Thread:  one.
// Fails:   a mutation that makes no sense just now is not made, and says so.
// Never:   looks at lanes or at WorkOS.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/memory_database.hpp"

namespace rolecall::sim {

class Application {
 public:
  explicit Application(MemoryDatabase& database) : database_(database) {}

  struct Role {
    Subject subject{};
    Subject permissions_subject{};
    std::string name{};
    std::optional<std::string> description{};
    std::vector<std::string> permissions{};
    bool permissions_managed = false;
  };
  using Key = std::pair<std::string, std::string>;  // organization, and slug or user

  bool create_role(const std::string& organization, const std::string& slug, std::string name);
  bool update_role(const std::string& organization, const std::string& slug, std::string name,
                   std::optional<std::string> description);
  bool set_permissions(const std::string& organization, const std::string& slug,
                       std::vector<std::string> permissions);
  bool delete_role(const std::string& organization, const std::string& slug);
  bool add_member(const std::string& organization, const std::string& user,
                  std::set<std::string> roles);
  bool set_member_roles(const std::string& organization, const std::string& user,
                        std::set<std::string> roles);
  bool remove_member(const std::string& organization, const std::string& user);

  // The mirror follows what was adopted, and takes over roles that were made at WorkOS.
  void adopt(const Subject& subject, const std::string& kind, const JsonText& desired);
  Subject enter_role(const StreamEvent& event);

  // What is meant: absent ones were there once, or never.
  const std::map<Key, Role>& roles() const { return roles_; }
  const std::map<Key, std::set<std::string>>& members() const { return members_; }
  const std::set<Key>& slugs_ever() const { return slugs_ever_; }
  const std::set<Key>& members_ever() const { return members_ever_; }
  bool knows_slug(const std::string& organization, const std::string& slug) const;

 private:
  void publish(const Subject& subject, const std::string& organization, std::string kind,
               JsonText desired, int priority, std::vector<Wait> waits, bool is_local = true);
  void publish_member(const Key& key, int priority, bool is_local = true);
  void adopt_member(const std::string& kind, const JsonText& desired);
  void lose_role(const Key& key);
  void take_away(const Key& role, bool is_local);
  Wait current(const Subject& subject) const;
  std::vector<Wait> role_waits(const Key& key) const;

  MemoryDatabase& database_;
  std::map<Key, Role> roles_{};
  std::map<Key, Role> former_{};  // of a slug: the newest role that was deleted
  std::map<Key, std::set<std::string>> members_{};
  std::set<Key> slugs_ever_{};
  std::set<Key> members_ever_{};
  int made_ = 0;
};

}  // namespace rolecall::sim
