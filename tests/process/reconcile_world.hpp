// reconcile_world.hpp -- organizations with members and roles, equal on both sides, to corrupt.
// Owns:    a Stand.
// Thread:  one.
// Fails:   throws std::runtime_error, so that the test fails.
// Never:   repairs anything itself.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/stand.hpp"

namespace rolecall::testing {

struct WorldSize {
  int organizations = 1;
  int members = 4;    // of each; members hold `member` and org-held-a, and held org-held-b before
  int roles = 2;      // of each, with permissions and without holders
  int strangers = 2;  // of each: people who are no members
  int event_delay_ms = 0;  // from what happens at WorkOS to its event in the stream
};

class ReconcileWorld {
 public:
  explicit ReconcileWorld(WorldSize size);

  struct Person {
    std::string organization;  // as the application names it
    std::string workos;        // org_ id
    std::string user;          // user_ id
    std::string membership;    // om_ id; empty: no member
    std::string subject() const { return "member:" + organization + ":" + user; }
  };
  struct Role {
    std::string organization;
    std::string workos;
    std::string slug;
    std::string subject;
    std::string path() const { return "/authorization/organizations/" + workos + "/roles/" + slug; }
  };
  std::vector<Person> members{};
  std::vector<Person> strangers{};
  std::vector<Role> roles{};

  Stand& stand() { return *stand_; }
  TestDatabase& db() { return stand_->db(); }
  std::string value(const std::string& sql, const Params& params = {}) {
    return db().value(sql, params);
  }
  // As the dashboard does it; answers what WorkOS would.
  std::string edit(const std::string& method, const std::string& path,
                   const std::string& body = "null");
  void edit_roles(const Person& person, const std::string& slugs);
  static std::string path(const Person& person) {
    return "/user_management/organization_memberships/" + person.membership;
  }
  void set_roles(const Person& person, const std::vector<std::string>& slugs);
  // As the owner, around all functions: the newest version counts as delivered, and was never sent.
  void forget_to_send(const std::string& subject);

  // Until every subject is confirmed; names those that never are.
  void settle();
  void start_worker();
  void stop_worker();
  Finished reconcile(std::vector<std::string> arguments = {});
  // `rolecall reconcile --json`: subject -> class.
  std::map<std::string, std::string> findings(std::vector<std::string> arguments = {});
  boost::json::object report{};  // of the last findings()
  // What differs between WorkOS and the tables here, read by the test itself.
  std::set<std::string> differences();

 private:
  void seed(WorldSize size);
  std::string role_urn(const std::string& organization, const std::string& slug);

  std::unique_ptr<Stand> stand_;
  Process* worker_ = nullptr;
};

}  // namespace rolecall::testing
