// guard_world.hpp -- an organization whose members were all seen at WorkOS, and what is shown next.
// Owns:    the database, and a store through which the real reducer runs.
// Thread:  one.
// Fails:   throws when a statement or the reducer fails.
// Never:   calls WorkOS: a read is what a test says that it showed.
#pragma once

#include <memory>
#include <string>

#include "outbox/pg/pg_store.hpp"
#include "tests/postgres/outbox/lane_world.hpp"
#include "tests/support/loop.hpp"

namespace rolecall::testing {

// Organization acme with members user_1, user_2, ..., each with one role, org-editors; all of it
// delivered, seen and confirmed.
class GuardWorld : public LaneWorld {
 public:
  explicit GuardWorld(int members);

  static std::string member(int number);  // its subject
  std::string role();                     // the subject of org-editors

  // A second read that did not find it: it is gone.
  void shows_nothing(const std::string& subject);
  // A read that found a member with the role again.
  void shows_again(const std::string& subject);
  // A read that found a member with another role only.
  void shows_roles(const std::string& subject, const std::string& roles);
  // Runs the reducer until nothing is due; what somebody else had is due again.
  void reduce();
  // One member after the other, each in a transaction of its own; or all of them together.
  void lose(int first, int last);
  void lose_at_once(int first, int last);

  std::int64_t assignments();  // of acme, that are held
  std::int64_t held();         // lanes
  std::string held_id();       // the outbox id of a held lane
  void window_passes();

 private:
  void read(const std::string& subject, const std::string& shown, const std::string& absent_since);

  Loop loop_{};
  std::unique_ptr<Store> store_;
};

}  // namespace rolecall::testing
