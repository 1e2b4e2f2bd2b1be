#include "worker/app/status.hpp"

#include <charconv>

#include "worker/app/statement.hpp"

namespace rolecall {
namespace {

std::optional<double> number_in(const Rows& rows, std::size_t row, std::string_view column) {
  const auto& cell = rows.at(row, column);
  if (!cell) return std::nullopt;
  double value = 0;
  std::from_chars(cell->data(), cell->data() + cell->size(), value);
  return value;
}

// Runs one statement and hands its rows on; the first failure ends the whole reading.
class Reading {
 public:
  explicit Reading(Database& database) : database_(database) {}

  template <class Take>
  void rows_of(std::string_view name, Take take) {
    if (failure_) return;
    const auto rows = database_.run(statement(name));
    if (!rows) {
      failure_ = rows.error();
      return;
    }
    for (std::size_t i = 0; i < rows->size(); ++i) take(*rows, i);
  }
  const std::optional<Failure>& failure() const { return failure_; }

 private:
  Database& database_;
  std::optional<Failure> failure_;
};

// The age of what has been due longest; what is due only in future has none.
void keep_oldest(std::optional<double>& into, std::optional<double> age) {
  if (age && *age >= 0 && (!into || *into < *age)) into = age;
}

WorkerStatus worker_in(const Rows& rows, std::size_t i) {
  return {.id = rows.number(i, "id"),
          .host = rows.text(i, "host"),
          .process_id = rows.number(i, "process_id"),
          .version = rows.text(i, "program_version"),
          .opened_at = rows.text(i, "opened_at"),
          .last_seen_at = rows.text(i, "last_seen_at"),
          .last_seen_s = number_in(rows, i, "last_seen_s").value_or(0),
          .leases = rows.number(i, "leases")};
}

AttentionStatus attention_in(const Rows& rows, std::size_t i) {
  AttentionStatus attention{.organization_id = rows.text(i, "organization_id"),
                            .subject = rows.text(i, "subject"),
                            .reason = rows.text(i, "reason"),
                            .detail = rows.text(i, "detail"),
                            .since = rows.text(i, "since"),
                            .since_s = number_in(rows, i, "since_s").value_or(0),
                            .command = rows.text(i, "command")};
  if (rows.at(i, "outbox_id")) attention.outbox_id = rows.number(i, "outbox_id");
  return attention;
}

ProviderStatus provider_in(const Rows& rows, std::size_t i) {
  return {.state = rows.text(i, "state"),
          .since = rows.text(i, "since"),
          .since_s = number_in(rows, i, "since_s"),
          .next_probe = rows.at(i, "next_probe"),
          .drain_s = number_in(rows, i, "drain_s"),
          .detail = rows.text(i, "detail")};
}

BudgetStatus budget_in(const Rows& rows, std::size_t i) {
  return {.rate_class = rows.text(i, "class"),
          .calls_per_s = number_in(rows, i, "calls_per_s").value_or(0),
          .factor = number_in(rows, i, "factor").value_or(1),
          .throttled = rows.number(i, "throttled"),
          .quiet_s = number_in(rows, i, "quiet_s")};
}

}  // namespace

Result<StatusReport> read_status(Database& database) {
  StatusReport report;
  Reading reading(database);
  reading.rows_of("status_rows", [&](const Rows& rows, std::size_t i) {
    report.rows[rows.text(i, "state")] += rows.number(i, "rows");
    keep_oldest(report.oldest_due_s, number_in(rows, i, "oldest_due_s"));
  });
  reading.rows_of("status_subjects", [&](const Rows& rows, std::size_t i) {
    report.convergence[rows.text(i, "state")] = rows.number(i, "subjects");
    if (const auto oldest = number_in(rows, i, "oldest_s"))
      report.oldest_s[rows.text(i, "state")] = *oldest;
  });
  reading.rows_of("status_provider", [&](const Rows& rows, std::size_t i) {
    report.provider = provider_in(rows, i);
    report.at = rows.text(i, "at");
  });
  reading.rows_of("status_budgets", [&](const Rows& rows, std::size_t i) {
    report.budgets.push_back(budget_in(rows, i));
  });
  reading.rows_of("status_workers", [&](const Rows& rows, std::size_t i) {
    report.workers.push_back(worker_in(rows, i));
  });
  reading.rows_of("status_attention", [&](const Rows& rows, std::size_t i) {
    report.attention.push_back(attention_in(rows, i));
  });
  if (reading.failure()) return *reading.failure();
  return report;
}

Result<ProviderStatus> read_provider(Database& database) {
  ProviderStatus provider;
  Reading reading(database);
  reading.rows_of("status_provider",
                  [&](const Rows& rows, std::size_t i) { provider = provider_in(rows, i); });
  if (reading.failure()) return *reading.failure();
  return provider;
}

Result<StatusSnapshot> read_gauges(Database& database) {
  StatusSnapshot snapshot;
  Reading reading(database);
  std::optional<double> oldest_due_s;
  reading.rows_of("status_rows", [&](const Rows& rows, std::size_t i) {
    snapshot.rows[{rows.text(i, "state"), rows.text(i, "kind")}] += rows.number(i, "rows");
    keep_oldest(oldest_due_s, number_in(rows, i, "oldest_due_s"));
  });
  reading.rows_of("status_subjects", [&](const Rows& rows, std::size_t i) {
    const auto state = rows.text(i, "state");
    snapshot.subjects[state] = rows.number(i, "subjects");
    if (const auto oldest = number_in(rows, i, "oldest_unproven_s"))
      snapshot.oldest_unproven_s[state] = *oldest;
  });
  reading.rows_of("status_provider", [&](const Rows& rows, std::size_t i) {
    snapshot.provider_state = rows.text(i, "state");
    snapshot.backlog = rows.number(i, "backlog");
    snapshot.drain_s = number_in(rows, i, "drain_s").value_or(0);
  });
  reading.rows_of("status_budgets", [&](const Rows& rows, std::size_t i) {
    const auto rate_class = rows.text(i, "class");
    snapshot.calls_per_s[rate_class] = number_in(rows, i, "calls_per_s").value_or(0);
    snapshot.budget_factor[rate_class] = number_in(rows, i, "factor").value_or(0);
  });
  reading.rows_of("status_workers", [&](const Rows&, std::size_t) { ++snapshot.workers; });
  reading.rows_of("status_attention_counts", [&](const Rows& rows, std::size_t i) {
    snapshot.attention[rows.text(i, "reason")] = rows.number(i, "rows");
  });
  reading.rows_of("status_events", [&](const Rows& rows, std::size_t i) {
    snapshot.event_lag_s = number_in(rows, i, "lag_s").value_or(0);
    snapshot.events_waiting = rows.number(i, "waiting");
    snapshot.organizations_parked = rows.number(i, "parked");
  });
  reading.rows_of("status_drift", [&](const Rows& rows, std::size_t i) {
    snapshot.drift[rows.text(i, "class")] = rows.number(i, "differences");
    snapshot.oldest_drift_s[rows.text(i, "class")] = number_in(rows, i, "oldest_s").value_or(0);
  });
  reading.rows_of("status_reconciliation", [&](const Rows& rows, std::size_t i) {
    snapshot.organizations = rows.number(i, "organizations");
    snapshot.organizations_checked = rows.number(i, "checked");
    snapshot.oldest_check_s = number_in(rows, i, "oldest_check_s").value_or(0);
  });
  if (reading.failure()) return *reading.failure();
  snapshot.oldest_due_s = oldest_due_s.value_or(0);
  return snapshot;
}

Result<DatabaseSnapshot> read_database(Database& database) {
  DatabaseSnapshot snapshot;
  Reading reading(database);
  reading.rows_of("status_tables", [&](const Rows& rows, std::size_t i) {
    snapshot.tables[rows.text(i, "name")] = {.live_rows = rows.number(i, "live_rows"),
                                             .dead_rows = rows.number(i, "dead_rows"),
                                             .table_bytes = rows.number(i, "table_bytes"),
                                             .index_bytes = rows.number(i, "index_bytes")};
  });
  reading.rows_of("status_snapshots", [&](const Rows& rows, std::size_t i) {
    snapshot.oldest_snapshot_s = number_in(rows, i, "oldest_s").value_or(0);
    snapshot.oldest_snapshot_transactions = rows.number(i, "transactions");
  });
  if (reading.failure()) return *reading.failure();
  return snapshot;
}

}  // namespace rolecall
