// reconcile_traffic.hpp -- what goes on while both sides are compared: an application changes roles
// and members, and people edit in the dashboard.
// Owns:    a database connection, and what it knows should be there at last.
// Thread:  one, which may be another than its world's.
// Fails:   throws std::runtime_error when the emulator refuses an edit.
// Never:   reads the clock: whoever calls step() sets the pace.
#pragma once

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/process/reconcile_world.hpp"

namespace rolecall::testing {

// Of the members, a third each is changed by the application only, in the dashboard only, and by
// both; half of the strangers join and leave here, half there, and of the roles, too, each has one
// owner.
class Traffic {
 public:
  Traffic(ReconcileWorld& world, std::uint64_t seed);

  // A mutation; after every third one an edit, too.
  void step();
  // Until the worker has taken in all of it so far, and applied what the stream told.
  void await_worker();
  int mutations() const { return mutations_; }
  int edits() const { return edits_; }
  int refused() const { return refused_; }  // mutations that the database refused

  // When all is settled: what is not at WorkOS as whoever alone changed it left it.
  std::vector<std::string> overwritten();

 private:
  using Person = ReconcileWorld::Person;
  using Role = ReconcileWorld::Role;

  void mutate();
  void edit();
  bool run(const std::string& sql, const Params& params);
  void set_roles(const Person& person, bool alone);
  void edit_roles(const Person& person, bool alone);
  void join_or_leave_here(const Person& person);
  void join_or_leave_there(const Person& person);
  void make_role_there(const Person& holder);
  void expect(const Person& person, const std::string& what);
  template <class T>
  const T& any(const std::vector<T>& from) {
    return from[std::uniform_int_distribution<std::size_t>(0, from.size() - 1)(chance_)];
  }

  ReconcileWorld& world_;
  Database database_;
  std::mt19937_64 chance_;
  std::vector<Person> ours_{}, theirs_{}, shared_{}, joining_here_{}, joining_there_{};
  std::vector<Role> our_roles_{}, their_roles_{};
  std::map<std::string, std::string> membership_{};  // of those who joined there: user -> om_ id
  std::set<std::string> member_here_{};              // of those who join here
  std::map<std::string, std::string> expected_{};    // "org user" or "org slug" -> what; "": absent
  int mutations_ = 0;
  int edits_ = 0;
  int refused_ = 0;
};

}  // namespace rolecall::testing
