// reconcile_report.hpp -- what a reconciliation found, for people and for programs.
// Owns:    its text.
// Thread:  values and pure functions.
// Fails:   never.
// Never:   asks the database.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "outbox/pg/rows.hpp"
#include "worker/engine/reconcile_pass.hpp"

namespace rolecall {

struct OrganizationReport {
  std::string organization{};
  PassEnd end{};
  Rows plan{};  // of worker/app/sql/reconcile_plan.sql
};

struct ReconcileReport {
  std::vector<OrganizationReport> organizations{};
  bool applied = false;
};

// Differences that nothing on its way will end.
int drift_in(const PassEnd& end);
// Nothing is left to do by a person or by another run.
bool is_settled(const ReconcileReport& report);

// {"organizations":[{"organization","compared","calls","failure","unjudged":[],"findings":[]}],
//  "found":{class: n},"repaired":{outcome: n},"compared":n,"calls":n,"planned_calls":n,
//  "planned_seconds":x,"drift":n}
std::string reconcile_json(const ReconcileReport& report);
// A table; organizations in agreement are only counted.
std::string reconcile_screen(const ReconcileReport& report);

}  // namespace rolecall
