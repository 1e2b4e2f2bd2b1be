// reconcile_pass.hpp -- one organization, read in full and compared; what differs is kept and,
// where that is wished, repaired.
// Owns:    nothing; the store fences an older pass by a newer one.
// Thread:  the executor of its ports.
// Fails:   Result<T>: what WorkOS or the store said; a pass that ends early leaves the last plan.
// Never:   decides (Workflows::judge does), writes to WorkOS, or calls but through its ports.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "outbox/reconcile_store.hpp"
#include "worker/core/workflow.hpp"

namespace rolecall {

struct PassPorts {
  ReconcileStore& store;
  const Workflows& workflows;
  // One call to WorkOS inside the budget; none: no further call may be made.
  std::function<Task<std::optional<CallAnswer>>(Call)> call;
  // Waits; false: it is over.
  std::function<Task<bool>(Millis)> wait;
  // How many things were compared so far.
  std::function<void(int)> progress = [](int) {};
};

struct PassWish {
  std::string who{};               // for people
  std::set<DriftClass> repairs{};  // what differs so is repaired; the rest is reported
};

struct PassEnd {
  PassReport report{};
  std::map<DriftClass, int> found{};
  std::map<std::string, int> repaired{};  // by outcome
  int planned_calls = 0;
  double planned_seconds = 0;
};

Task<Result<PassEnd>> reconcile_organization(const PassPorts& ports, OrganizationId organization,
                                             PassWish wish);

}  // namespace rolecall
