// status_snapshot.hpp -- numbers that only a look can tell, as the gauges want them.
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   never.
// Never:   names an organization, a person or a role.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace rolecall {

// What the database shows of all workers together.
struct StatusSnapshot {
  std::map<std::pair<std::string, std::string>, std::int64_t> rows{};  // by state and kind
  std::map<std::string, std::int64_t> subjects{};                      // by convergence state
  std::map<std::string, std::int64_t> attention{};                     // by reason
  double oldest_due_s = 0;
  std::map<std::string, double> oldest_unproven_s{};  // by convergence state
  std::int64_t workers = 0;
  double event_lag_s = 0;  // since the event stream was last read to its end; 0 too when it is off
  std::int64_t events_waiting = 0;
  std::int64_t organizations_parked = 0;
  std::map<std::string, std::int64_t> drift{};     // by class
  std::map<std::string, double> oldest_drift_s{};  // by class
  std::int64_t organizations = 0;
  std::int64_t organizations_checked = 0;
  double oldest_check_s = 0;
  std::string provider_state{};
  std::int64_t backlog = 0;
  double drain_s = 0;                             // at the pace of this moment; 0: nothing is due
  std::map<std::string, double> calls_per_s{};    // by rate class: what is given out now
  std::map<std::string, double> budget_factor{};  // by rate class: 1 unless 429 slowed it
};

// What a table of the schema takes, its partitions together; rows are PostgreSQL's estimates.
struct TableNumbers {
  std::int64_t live_rows = 0;
  std::int64_t dead_rows = 0;
  std::int64_t table_bytes = 0;
  std::int64_t index_bytes = 0;
};

// What keeps the database well, or does not.
struct DatabaseSnapshot {
  std::map<std::string, TableNumbers> tables{};
  double oldest_snapshot_s = 0;
  std::int64_t oldest_snapshot_transactions = 0;
};

// How a pool of connections is used.
struct ConnectionUse {
  std::int64_t busy = 0;
  std::int64_t idle = 0;
  std::int64_t waiting = 0;
};

// What this process has under way.
struct ProcessSnapshot {
  bool ready = false;
  bool draining = false;
  std::int64_t deliveries = 0;
  std::int64_t reads = 0;
  std::int64_t unsettled = 0;
  double status_age_s = 0;  // since the StatusSnapshot that is shown was taken
  ConnectionUse provider{};
};

}  // namespace rolecall
