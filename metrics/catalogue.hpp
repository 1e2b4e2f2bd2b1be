// catalogue.hpp -- every metric that Rolecall shows: name, type, help, labels. The only list.
// Owns:    nothing; the table is constant.
// Thread:  any.
// Fails:   never.
// Never:   has a label whose values are ids or names of organizations, people or roles.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace rolecall {

enum class MetricType { counter, gauge, histogram };

enum class Metric {
  build_info,
  ready,
  draining,
  rows,
  subjects,
  attention,
  oldest_due_age,
  oldest_unproven_age,
  change_effective,
  superseded_rows,
  workers,
  provider_state,
  provider_changes,
  backlog,
  predicted_drain,
  budget_pace,
  budget_factor,
  rows_taken_in,
  leases,
  attempts,
  calls,
  call_duration,
  calls_refused,
  throttled,
  statement_duration,
  store_failures,
  settle_busy,
  stale_results,
  lost_leases,
  rescued_lanes,
  woken_lanes,
  sessions_opened,
  sessions_lost,
  reads,
  reductions,
  confirmed,
  events_pulled,
  events_applied,
  pull_failures,
  event_lag,
  events_waiting,
  parked_organizations,
  reconciliations,
  drift,
  oldest_drift_age,
  organizations,
  organizations_checked,
  oldest_check_age,
  wake_ups,
  maintenance,
  webhooks,
  in_flight,
  provider_connections,
  database_connections,
  status_age,
  table_live_rows,
  table_dead_rows,
  table_bytes,
  oldest_snapshot_age,
  oldest_snapshot_transactions,
};

struct MetricEntry {
  Metric id;
  std::string_view name;
  MetricType type;
  std::string_view help;
  std::vector<std::string_view> labels{};
  std::vector<double> buckets{};  // histograms, in seconds
};

// In the order of the enumeration.
std::span<const MetricEntry> metric_catalogue();
const MetricEntry& entry_of(Metric metric);

}  // namespace rolecall
