// small_workos.hpp -- one membership and one role at WorkOS, as far as one subject sees them.
// Owns:    their state.
// Thread:  one test.
// Fails:   answers 404 to what it does not know.
// Never:   reads a clock; each request says when it is applied.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "outbox/core/time.hpp"
#include "worker/core/http.hpp"

namespace rolecall::stories {

class SmallWorkos {
 public:
  struct Thing {
    std::string id;
    WallTime created_at;
    WallTime updated_at;
    std::string status = "active";
    std::set<std::string> roles{};  // memberships
    std::string name{};             // roles
    bool operator==(const Thing&) const = default;
  };

  // Applies the request and answers it.
  HttpResponse handle(const HttpRequest& request, WallTime now);

  const std::optional<Thing>& membership() const { return membership_; }
  const std::optional<Thing>& role() const { return role_; }
  int writes() const { return writes_; }

  // What others do there.
  void set_roles(const std::set<std::string>& roles, WallTime now);
  void set_status(const std::string& status, WallTime now);
  void remove_membership() { membership_.reset(); }
  void join(const std::set<std::string>& roles, WallTime now);
  void rename_role(const std::string& name, WallTime now);
  void remove_role() { role_.reset(); }
  void make_role(const std::string& name, WallTime now);

 private:
  HttpResponse memberships(const HttpRequest& request, const std::string& id, WallTime now);
  HttpResponse roles(const HttpRequest& request, bool named, WallTime now);
  static void touch(Thing& thing, WallTime now);
  Thing fresh(const std::string& prefix, WallTime now);

  std::optional<Thing> membership_{};
  std::optional<Thing> role_{};
  int made_ = 0;
  int writes_ = 0;
};

}  // namespace rolecall::stories
