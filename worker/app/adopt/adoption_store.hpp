// adoption_store.hpp -- what the database knows of an adoption, and what it is told.
// Owns:    nothing; the connection is the command's.
// Thread:  one; blocks.
// Fails:   Result<T>: what the database said; kAdoptionFenced: a newer attempt has begun.
// Never:   decides, or writes but through begin(), stage(), finish() and leave().
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "outbox/pg/query.hpp"
#include "workflows/adopt_links.hpp"
#include "workflows/adopt_thing.hpp"

namespace rolecall {

// Failure::code (lease_lost).
inline constexpr std::string_view kAdoptionFenced = "adoption_fenced";

struct AdoptOrganization {
  std::string id{};      // here
  std::string workos{};  // org_ id; empty: not linked
};

// One attempt at one organization.
struct AdoptAttempt {
  std::string organization{};
  std::int64_t number = 0;  // 0: it is done already, or this is a dry run
};

struct AdoptCount {
  std::int64_t known = 0;
  std::int64_t done = 0;
};

struct AdoptRest {
  std::vector<AdoptThing> things{};
  std::string last{};  // the next page begins after it; empty: there is none
};

struct AdoptFinish {
  std::map<std::string, int> outcomes{};  // of rolecall.adopt_organization_v1
  int held = 0;                           // by the mass-revoke guard
};

// One thing to be kept until the organization is written, and how it was ruled.
struct AdoptStaged {
  AdoptThing thing{};
  AdoptRuling ruling{};
};

class AdoptionStore {
 public:
  explicit AdoptionStore(Database& database) : database_(database) {}

  // The run to continue, or a new one. bad_input: it was begun with another policy.
  Result<std::int64_t> run(AdoptPolicy policy, bool again);
  // run 0: of no run. `only`: an organization; empty: all.
  Result<AdoptCount> count(std::int64_t run, const std::string& only);
  Result<std::vector<AdoptOrganization>> next(std::int64_t run, const std::string& only,
                                              const std::string& after);
  Result<AdoptAttempt> begin(const std::string& organization, std::int64_t run);
  Result<std::string> now();

  Result<TenantHolder> holder(const std::string& organization, const workos::Tenant& tenant);
  Result<std::vector<UserMatch>> users(std::vector<workos::User> listed);
  Result<std::vector<AdoptThing>> compare(const AdoptOrganization& organization,
                                          std::vector<ListedThing> listed);
  Result<AdoptRest> rest(const AdoptOrganization& organization, const std::string& after);

  Result<void> stage(const AdoptAttempt& attempt, const std::vector<AdoptStaged>& things);
  Result<void> stage(const AdoptAttempt& attempt, const std::vector<EnvironmentRole>& roles);
  // user_ id -> users.id
  Result<void> stage(const AdoptAttempt& attempt, const std::map<std::string, std::string>& links);
  Result<AdoptFinish> finish(const AdoptAttempt& attempt, const std::string& workos);
  // reason: not_found, gone, ambiguous, conflict or failed; detail: in words.
  Result<void> leave(const AdoptAttempt& attempt, const std::string& reason,
                     const std::string& detail);

 private:
  Result<Rows> ask(const std::string& name, const Params& params);
  Result<void> keep(const AdoptAttempt& attempt, Result<std::string> things);

  Database& database_;
};

}  // namespace rolecall
