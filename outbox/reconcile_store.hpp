// reconcile_store.hpp -- the door to durable state for whoever compares both sides.
// Owns:    nothing; an implementation owns its connections.
// Thread:  call on the executor; completions resume there.
// Fails:   Result<T>; kFenced: a newer pass of the organization has begun. Never throws.
// Never:   changes what applications or workers wrote, but through apply().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outbox/core/rate.hpp"
#include "outbox/core/reconcile.hpp"
#include "outbox/task.hpp"

namespace rolecall {

// Failure::code where a newer pass has begun (lease_lost).
inline constexpr std::string_view kFenced = "pass_fenced";
// Failure::code where the organization is not known, or not linked (bad_input).
inline constexpr std::string_view kNoOrganization = "no_organization";

struct ComparedPage {
  std::vector<Candidate> candidates{};
  std::string now{};   // what is read from here on began after it
  std::string last{};  // rest(): the next page begins after it; empty: there is none
};

struct PassReport {
  int calls = 0;
  int compared = 0;
  std::vector<std::string> unjudged{};  // subjects
  std::string failure{};                // empty: all was read
};

// The turn of one organization, in the background.
struct ReconcileTurn {
  std::optional<OrganizationId> organization{};
  std::vector<DriftClass> repairs{};  // the rest is reported only
  std::optional<Millis> again_in{};   // no turn; none: when the schedule is switched on
};

struct FoundAndRepair {
  Candidate candidate{};
  Finding finding{};
  Repair repair{};
};

class ReconcileStore {
 public:
  virtual ~ReconcileStore() = default;
  // Linked organizations, the one first whose last check is oldest.
  virtual Task<Result<std::vector<OrganizationId>>> organizations() = 0;
  // `who` begins it: for people.
  virtual Task<Result<ReconcilePass>> begin(OrganizationId organization, std::string who) = 0;
  // Answers what is not plainly equal.
  virtual Task<Result<ComparedPage>> compare(ReconcilePass pass,
                                             std::vector<ListedThing> listed) = 0;
  // After a complete listing that was begun then: what should be there and was not in it.
  virtual Task<Result<ComparedPage>> rest(ReconcilePass pass, std::string begun_at,
                                          std::string after) = 0;
  // Notes anew what is known of these; answers the time from which they may be read.
  virtual Task<Result<std::string>> note_again(ReconcilePass pass,
                                               std::vector<std::string> subjects) = 0;
  // Does the event stream tell, now, all that happened before then?
  virtual Task<Result<bool>> stream_reached(std::string ended_at) = 0;
  virtual Task<Result<void>> keep(ReconcilePass pass, std::vector<Finding> findings) = 0;
  // Answers subject and outcome of each.
  virtual Task<Result<std::vector<std::pair<std::string, std::string>>>> apply(
      ReconcilePass pass, std::vector<FoundAndRepair> repairs) = 0;
  virtual Task<Result<void>> end(ReconcilePass pass, PassReport report) = 0;
  virtual Task<Result<ReconcileTurn>> take(WorkerId worker) = 0;
  virtual Task<Result<void>> release(WorkerId worker, std::string result) = 0;
  // As Store::take_tokens: all calls of all replicas stay inside one budget.
  virtual Task<Result<TokenBlock>> take_tokens(RateClass rate_class, int want) = 0;
};

}  // namespace rolecall
