// event_world.hpp -- an organization at WorkOS whose events are told page by page.
// Owns:    the database, and a store through which pages and the real reducer run.
// Thread:  one.
// Fails:   throws when a statement, a page or the reducer fails.
// Never:   calls WorkOS: a page is what a test says that it holds, read as an answer would be.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "outbox/pg/pg_store.hpp"
#include "tests/postgres/outbox/lane_world.hpp"
#include "tests/support/loop.hpp"

namespace rolecall::testing {

// One event as WorkOS writes it; its id and time are those of the second it happened in.
struct Told {
  std::string type;
  std::string data;  // JSON
  int second = 0;
  std::string actor = "dashboard";
};

// Instants of one minute of the past, by their second.
std::string at_second(int second);

Told joined(const std::string& user, const std::string& roles, int second,
            const std::string& membership = "", const std::string& status = "active");
Told changed(const std::string& user, const std::string& roles, int second,
             const std::string& membership = "", const std::string& status = "active");
Told left(const std::string& user, int second, const std::string& membership = "");
// created_at: the second in which the role was made.
Told role_told(const std::string& change, const std::string& slug, int made, int second,
               const std::string& permissions = "[]");

// Organization acme (org_1) with the environment's roles admin and member; the stream is followed.
class EventWorld : public LaneWorld {
 public:
  EventWorld();

  // A page after the last one, and the empty one that ends the pull; then all that follows from it.
  void tell(const std::vector<Told>& events);
  // Whether the store took them.
  bool record(const std::vector<Told>& events, const std::string& organization = "");
  bool end_of_stream(const std::string& organization = "");
  bool record_page(PullTask task, PulledPage page);
  void roles_are(std::vector<EnvironmentRole> roles) { roles_ = std::move(roles); }
  // Runs the reducer until nothing is due.
  void reduce();
  // One batch of what is due already; whether there was any.
  bool reduce_once();
  PullGrant grant();

  std::string outcome(int second);  // of the event of that second; several are joined by blanks
  // Slugs that a member holds here, sorted; "gone" for no member.
  std::string roles_of(const std::string& user);
  std::string attention(const std::string& reason);  // its detail

  std::int64_t worker = 0;

 private:
  Loop loop_{};
  std::unique_ptr<Store> store_;
  std::optional<std::vector<EnvironmentRole>> roles_{};
};

}  // namespace rolecall::testing
