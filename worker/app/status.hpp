// status.hpp -- how things stand, read from the operators' views; for people, scripts and gauges.
// Owns:    its text.
// Thread:  read_*() block on the database; the rest is pure.
// Fails:   Result<T>: what the database said.
// Never:   changes anything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metrics/status_snapshot.hpp"
#include "outbox/pg/query.hpp"
#include "worker/app/palette.hpp"

namespace rolecall {

struct ProviderStatus {
  std::string state{};
  std::string since{};                      // RFC 3339
  std::optional<double> since_s{};          // how long it has been so
  std::optional<std::string> next_probe{};  // RFC 3339; only while it is not up
  std::optional<double> drain_s{};  // what is due takes so long from now on; none: nothing is due
  std::string detail{};
};

struct BudgetStatus {
  std::string rate_class{};
  double calls_per_s = 0;
  double factor = 1;  // less for a while after WorkOS answered 429
  std::int64_t throttled = 0;
  std::optional<double> quiet_s{};  // WorkOS asked for silence for so long from now on
};

struct WorkerStatus {
  std::int64_t id = 0;
  std::string host{};
  std::int64_t process_id = 0;
  std::string version{};
  std::string opened_at{};
  std::string last_seen_at{};
  double last_seen_s = 0;
  std::int64_t leases = 0;
};

struct AttentionStatus {
  std::string organization_id{};
  std::string subject{};
  std::optional<std::int64_t> outbox_id{};
  std::string reason{};
  std::string detail{};
  std::string since{};
  double since_s = 0;
  std::string command{};
};

struct StatusReport {
  std::string at{};                                   // RFC 3339, the database's clock
  std::map<std::string, std::int64_t> rows{};         // by state
  std::map<std::string, std::int64_t> convergence{};  // subjects by state
  std::map<std::string, double> oldest_s{};           // how long a subject has been in each state
  std::optional<double> oldest_due_s{};
  ProviderStatus provider{};
  std::vector<BudgetStatus> budgets{};
  std::vector<WorkerStatus> workers{};
  std::vector<AttentionStatus> attention{};
};

Result<StatusReport> read_status(Database& database);
// One row: cheap enough to be asked every second, also to see whether the database is there.
Result<ProviderStatus> read_provider(Database& database);
// The numbers without the lists: what gauges need.
Result<StatusSnapshot> read_gauges(Database& database);
// Sizes, dead rows, and what keeps them: asks the file system for each partition, so not each time.
Result<DatabaseSnapshot> read_database(Database& database);

// {"rows":{},"convergence":{},"oldest_due_s":x,"provider":{},"workers":[],"attention":[]}
std::string status_json(const StatusReport& report);
// For people; at most `max_attention` of the rows that wait for a person.
std::string status_text(const StatusReport& report, std::size_t max_attention,
                        const Palette& palette);
// The same with a head.
std::string status_screen(const StatusReport& report, std::size_t max_attention = 20,
                          const Palette& palette = {});

}  // namespace rolecall
