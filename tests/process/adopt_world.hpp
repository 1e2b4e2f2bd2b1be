// adopt_world.hpp -- a team with years of data on both sides, of which nothing has a version yet.
// Owns:    a Stand.
// Thread:  one.
// Fails:   throws std::runtime_error, so that the test fails.
// Never:   adopts anything itself.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "tests/support/stand.hpp"

namespace rolecall::testing {

struct AdoptSize {
  int organizations = 4;
  int members = 16;  // of each; what their kinds are, adopt_world.cpp says
};

class AdoptWorld {
 public:
  explicit AdoptWorld(AdoptSize size);

  Stand& stand() { return stand_; }
  TestDatabase& db() { return stand_.db(); }
  std::string value(const std::string& sql, const Params& params = {}) {
    return db().value(sql, params);
  }

  // `rolecall adopt` to its end, however long that takes.
  Finished adopt(std::vector<std::string> arguments);
  boost::json::object adopt_json(std::vector<std::string> arguments);
  ProcessOptions program(std::vector<std::string> arguments);

  void start_worker() { stand_.start_worker(); }
  // Until every subject is confirmed; names those that never are.
  void settle();

  // Every row of every table but the account of calls: a dry run leaves it as it is.
  std::string everything();
  // What adoption and what follows from it wrote, without times and ids, a line each; and what is
  // at WorkOS.
  std::vector<std::string> story();
  // Memberships and roles that are not the same on both sides, read by the test itself.
  std::vector<std::string> differences();
  // Methods of the calls so far.
  std::vector<std::string> methods();

 private:
  void seed_workos(AdoptSize size);
  void seed_here(AdoptSize size);
  std::vector<std::string> there();

  Stand stand_{};
};

}  // namespace rolecall::testing
