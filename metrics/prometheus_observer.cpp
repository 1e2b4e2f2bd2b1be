#include "metrics/prometheus_observer.hpp"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <cassert>
#include <charconv>
#include <set>
#include <vector>

#include "metrics/catalogue.hpp"
#include "outbox/core/exchange.hpp"
#include "outbox/core/rate.hpp"
#include "outbox/core/reconcile.hpp"

namespace rolecall {
namespace {

using Values = std::vector<std::string>;
using Gauges = std::map<std::pair<Metric, Values>, double>;

double seconds(std::chrono::microseconds span) {
  return std::chrono::duration<double>(span).count();
}

std::string class_of(const TraceEvent& event) {
  return event.failure ? std::string(name_of(*event.failure)) : "none";
}

constexpr std::array kProviderModes{ProviderMode::up, ProviderMode::probing, ProviderMode::open,
                                    ProviderMode::unauthorised, ProviderMode::paused};

}  // namespace

struct PrometheusObserver::Families {
  prometheus::Registry registry;
  std::vector<prometheus::Family<prometheus::Counter>*> counters;
  std::vector<prometheus::Family<prometheus::Gauge>*> gauges;
  std::vector<prometheus::Family<prometheus::Histogram>*> histograms;
  // Gauges that the last look of its kind showed: what a later one does not show any more goes to
  // 0.
  std::set<std::pair<Metric, Values>> shown_of_status;
  std::set<std::pair<Metric, Values>> shown_of_database;

  Families() {
    const auto size = metric_catalogue().size();
    counters.resize(size);
    gauges.resize(size);
    histograms.resize(size);
    for (const auto& entry : metric_catalogue()) {
      const auto at = static_cast<std::size_t>(entry.id);
      const std::string name(entry.name);
      const std::string help(entry.help);
      switch (entry.type) {
        case MetricType::counter:
          counters[at] = &prometheus::BuildCounter().Name(name).Help(help).Register(registry);
          if (entry.labels.empty()) counters[at]->Add({});
          break;
        case MetricType::gauge:
          gauges[at] = &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
          if (entry.labels.empty()) gauges[at]->Add({});
          break;
        case MetricType::histogram:
          histograms[at] = &prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
          break;
      }
    }
  }

  static prometheus::Labels labels(Metric metric, const Values& values) {
    const auto& names = entry_of(metric).labels;
    assert(names.size() == values.size());
    prometheus::Labels labels;
    for (std::size_t i = 0; i < names.size(); ++i)
      labels.emplace(std::string(names[i]), values[i].empty() ? "none" : values[i]);
    return labels;
  }
  prometheus::Counter& counter(Metric metric, const Values& values) {
    return counters[static_cast<std::size_t>(metric)]->Add(labels(metric, values));
  }
  void count(Metric metric, const Values& values = {}, std::int64_t by = 1) {
    counter(metric, values).Increment(static_cast<double>(by));
  }
  void set(Metric metric, const Values& values, double value) {
    gauges[static_cast<std::size_t>(metric)]->Add(labels(metric, values)).Set(value);
  }
  void set(Metric metric, const Values& values, std::int64_t value) {
    set(metric, values, static_cast<double>(value));
  }
  void measure(Metric metric, const Values& values, std::chrono::microseconds span) {
    histograms[static_cast<std::size_t>(metric)]
        ->Add(labels(metric, values), entry_of(metric).buckets)
        .Observe(seconds(span));
  }

  void show_gauges(std::set<std::pair<Metric, Values>>& shown, const Gauges& now) {
    for (const auto& [metric, values] : shown)
      if (!now.contains({metric, values})) set(metric, values, 0.0);
    shown.clear();
    for (const auto& [key, value] : now) {
      set(key.first, key.second, value);
      shown.insert(key);
    }
  }
  void show_provider(std::string_view state) {
    for (const auto mode : kProviderModes)
      set(Metric::provider_state, {std::string(name_of(mode))}, name_of(mode) == state ? 1.0 : 0.0);
  }
  // So that a rate is 0, not unknown, until the first of them.
  void begin_at_zero() {
    for (const auto rate_class : kRateClasses)
      counter(Metric::throttled, {std::string(name_of(rate_class))});
    for (const auto drift : kDriftClasses) {
      if (drift == DriftClass::pending) continue;  // on its way to an end: not shown as drift
      set(Metric::drift, {std::string(name_of(drift))}, 0.0);
      set(Metric::oldest_drift_age, {std::string(name_of(drift))}, 0.0);
    }
    for (const auto* reason :
         {"lease_too_old", "session_unverified", "draining", "provider_down", "no_turn"})
      counter(Metric::calls_refused, {reason});
    for (const auto* result : {"present", "absent", "discarded", "failed"})
      counter(Metric::reads, {result});
    for (const auto* result : {"compared", "failed"}) counter(Metric::reconciliations, {result});
    for (const auto* result : {"accepted", "unsigned", "refused", "malformed", "too_large"})
      counter(Metric::webhooks, {result});
    for (const auto* state : {"confirmed", "delivered", "pending", "attention"})
      set(Metric::subjects, {state}, 0.0);
    for (const auto* state : {"delivered", "pending", "attention"})
      set(Metric::oldest_unproven_age, {state}, 0.0);
    const auto& entry = entry_of(Metric::change_effective);
    histograms[static_cast<std::size_t>(entry.id)]->Add({}, entry.buckets);
  }
  void on_call(const TraceEvent& event);
  void on_statement(const TraceEvent& event);
  void on_work(const TraceEvent& event);
};

PrometheusObserver::PrometheusObserver(const std::string& version)
    : families_(std::make_unique<Families>()) {
  families_->set(Metric::build_info, {version}, 1.0);
  families_->show_provider("");
  families_->begin_at_zero();
  show(ProcessSnapshot{});
}

PrometheusObserver::~PrometheusObserver() = default;

void PrometheusObserver::Families::on_call(const TraceEvent& event) {
  const auto status = event.http_status == 0 ? "none" : std::to_string(event.http_status);
  count(Metric::calls, {event.rate_class, event.code, status});
  measure(Metric::call_duration, {event.rate_class, event.code}, event.elapsed);
}

// The pool says how much of it is busy in the detail of its statements: "busy/connections".
void PrometheusObserver::Families::on_statement(const TraceEvent& event) {
  measure(Metric::statement_duration, {event.code}, event.elapsed);
  const auto* end = event.detail.data() + event.detail.size();
  std::int64_t busy = 0;
  std::int64_t connections = 0;
  const auto [slash, error] = std::from_chars(event.detail.data(), end, busy);
  if (error != std::errc{} || slash == end || *slash != '/') return;
  if (std::from_chars(slash + 1, end, connections).ec != std::errc{}) return;
  set(Metric::database_connections, {"busy"}, busy);
  set(Metric::database_connections, {"idle"}, connections - busy);
}

void PrometheusObserver::Families::on_work(const TraceEvent& event) {
  switch (event.what) {
    case Trace::taken_in:
      return count(Metric::rows_taken_in, {}, event.count);
    case Trace::leased:
      return count(Metric::leases, {event.kind});
    case Trace::call_refused:
      return count(Metric::calls_refused, {event.code});
    case Trace::throttled:
      return count(Metric::throttled, {event.code});
    case Trace::settled:
      count(Metric::superseded_rows, {}, event.count);
      return count(Metric::attempts, {event.kind, event.code, class_of(event)});
    case Trace::settle_busy:
      return count(Metric::settle_busy);
    case Trace::settle_stale:
      return count(Metric::stale_results);
    case Trace::lease_dropped:
      return count(Metric::lost_leases);
    case Trace::woken:
      return count(Metric::woken_lanes, {}, event.count);
    case Trace::rescued:
      return count(Metric::rescued_lanes, {}, event.count);
    case Trace::read_finished:
      return count(Metric::reads, {event.code});
    case Trace::reduced:
      return count(Metric::reductions, {event.code});
    case Trace::confirmed:
      if (event.elapsed.count() > 0) measure(Metric::change_effective, {}, event.elapsed);
      return count(Metric::confirmed);
    case Trace::events_pulled:
      return count(Metric::events_pulled, {}, event.count);
    case Trace::event_applied:
      return count(Metric::events_applied, {event.kind, event.code}, event.count);
    case Trace::reconciled:
      return count(Metric::reconciliations, {event.code});
    case Trace::pull_failed:
      return count(Metric::pull_failures, {class_of(event)});
    default:
      return;
  }
}

void PrometheusObserver::on(const TraceEvent& event) {
  auto& f = *families_;
  switch (event.what) {
    case Trace::session_opened:
      return f.count(Metric::sessions_opened);
    case Trace::session_lost:
      return f.count(Metric::sessions_lost);
    case Trace::call_finished:
      return f.on_call(event);
    case Trace::provider_changed:
      f.count(Metric::provider_changes, {event.code});
      return f.show_provider(event.code);
    case Trace::awoke:
      return f.count(Metric::wake_ups, {event.code});
    case Trace::statement:
      return f.on_statement(event);
    case Trace::store_failed:
      return f.count(Metric::store_failures, {class_of(event)});
    case Trace::maintenance:
      return f.count(Metric::maintenance, {event.code}, event.count);
    case Trace::webhook:
      return f.count(Metric::webhooks, {event.code});
    case Trace::drain_started:
      return f.set(Metric::draining, {}, 1.0);
    case Trace::slept:
    case Trace::call_started:
    case Trace::drain_finished:
      return;
    default:
      return f.on_work(event);
  }
}

void PrometheusObserver::show(const StatusSnapshot& status) {
  auto& f = *families_;
  Gauges now;
  const auto take = [&now](Metric metric, const auto& numbers) {
    for (const auto& [label, value] : numbers) now[{metric, {label}}] = static_cast<double>(value);
  };
  for (const auto& [key, rows] : status.rows)
    now[{Metric::rows, {key.first, key.second}}] = static_cast<double>(rows);
  take(Metric::subjects, status.subjects);
  take(Metric::attention, status.attention);
  take(Metric::drift, status.drift);
  take(Metric::oldest_drift_age, status.oldest_drift_s);
  take(Metric::oldest_unproven_age, status.oldest_unproven_s);
  take(Metric::budget_pace, status.calls_per_s);
  take(Metric::budget_factor, status.budget_factor);
  f.show_gauges(f.shown_of_status, now);
  f.set(Metric::oldest_due_age, {}, status.oldest_due_s);
  f.set(Metric::backlog, {}, status.backlog);
  f.set(Metric::predicted_drain, {}, status.drain_s);
  f.set(Metric::workers, {}, status.workers);
  f.set(Metric::event_lag, {}, status.event_lag_s);
  f.set(Metric::events_waiting, {}, status.events_waiting);
  f.set(Metric::parked_organizations, {}, status.organizations_parked);
  f.set(Metric::organizations, {}, status.organizations);
  f.set(Metric::organizations_checked, {}, status.organizations_checked);
  f.set(Metric::oldest_check_age, {}, status.oldest_check_s);
  f.show_provider(status.provider_state);
}

void PrometheusObserver::show(const DatabaseSnapshot& database) {
  auto& f = *families_;
  Gauges now;
  for (const auto& [table, numbers] : database.tables) {
    now[{Metric::table_live_rows, {table}}] = static_cast<double>(numbers.live_rows);
    now[{Metric::table_dead_rows, {table}}] = static_cast<double>(numbers.dead_rows);
    now[{Metric::table_bytes, {table, "table"}}] = static_cast<double>(numbers.table_bytes);
    now[{Metric::table_bytes, {table, "indexes"}}] = static_cast<double>(numbers.index_bytes);
  }
  f.show_gauges(f.shown_of_database, now);
  f.set(Metric::oldest_snapshot_age, {}, database.oldest_snapshot_s);
  f.set(Metric::oldest_snapshot_transactions, {}, database.oldest_snapshot_transactions);
}

void PrometheusObserver::show(const ProcessSnapshot& process) {
  auto& f = *families_;
  f.set(Metric::status_age, {}, process.status_age_s);
  f.set(Metric::ready, {}, process.ready ? 1.0 : 0.0);
  f.set(Metric::draining, {}, process.draining ? 1.0 : 0.0);
  f.set(Metric::in_flight, {"deliveries"}, process.deliveries);
  f.set(Metric::in_flight, {"reads"}, process.reads);
  f.set(Metric::in_flight, {"unsettled"}, process.unsettled);
  f.set(Metric::provider_connections, {"busy"}, process.provider.busy);
  f.set(Metric::provider_connections, {"idle"}, process.provider.idle);
  f.set(Metric::provider_connections, {"waiting"}, process.provider.waiting);
}

std::string PrometheusObserver::render() const {
  return prometheus::TextSerializer{}.Serialize(families_->registry.Collect());
}

}  // namespace rolecall
