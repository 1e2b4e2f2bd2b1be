#include <gtest/gtest.h>
#include <prometheus/check_names.h>

#include <regex>
#include <set>

#include "metrics/catalogue.hpp"
#include "metrics/prometheus_observer.hpp"

namespace rolecall {
namespace {

constexpr Trace kAll[]{
    Trace::session_opened, Trace::session_lost,     Trace::taken_in,      Trace::leased,
    Trace::call_refused,   Trace::call_started,     Trace::call_finished, Trace::settled,
    Trace::settle_busy,    Trace::settle_stale,     Trace::lease_dropped, Trace::woken,
    Trace::rescued,        Trace::read_finished,    Trace::reduced,       Trace::confirmed,
    Trace::slept,          Trace::provider_changed, Trace::awoke,         Trace::statement,
    Trace::store_failed,   Trace::maintenance,      Trace::drain_started, Trace::drain_finished,
    Trace::throttled,      Trace::events_pulled,    Trace::event_applied, Trace::pull_failed,
    Trace::webhook,        Trace::reconciled};

TraceEvent event_with_ids(Trace what) {
  return {.what = what,
          .worker = WorkerId{77'001},
          .subject = Subject{"member:acme:user_private"},
          .organization = OrganizationId{"acme_private"},
          .kind = "member.push",
          .version = Version{77'002},
          .token = LeaseToken{77'003},
          .code = "word",
          .detail = "2/4",
          .request_id = RequestId{"req_private"},
          .count = 3,
          .elapsed = std::chrono::microseconds{1'500},
          .outbox_id = OutboxId{77'004},
          .rate_class = "um_write"};
}

// A process in which everything has happened once.
std::string eventful() {
  PrometheusObserver observer("9.9.9");
  for (const auto what : kAll) observer.on(event_with_ids(what));
  observer.show(StatusSnapshot{.rows = {{{"pending", "member.push"}, 5}},
                               .subjects = {{"confirmed", 6}},
                               .attention = {{"dead", 1}},
                               .oldest_due_s = 1.5,
                               .oldest_unproven_s = {{"pending", 2.5}},
                               .workers = 2,
                               .drift = {{"late_write", 2}},
                               .oldest_drift_s = {{"late_write", 90.5}},
                               .provider_state = "up",
                               .calls_per_s = {{"um_write", 25}},
                               .budget_factor = {{"um_write", 1}}});
  observer.show(DatabaseSnapshot{.tables = {{"lanes", {.live_rows = 3, .dead_rows = 1}}}});
  observer.show(ProcessSnapshot{.ready = true});
  return observer.render();
}

TEST(MetricCatalogue, StandsInTheOrderOfItsEnumeration) {
  const auto entries = metric_catalogue();
  for (std::size_t i = 0; i < entries.size(); ++i)
    EXPECT_EQ(static_cast<std::size_t>(entries[i].id), i) << entries[i].name;
  EXPECT_EQ(entries.size(), static_cast<std::size_t>(Metric::oldest_snapshot_transactions) + 1);
}

TEST(MetricCatalogue, FollowsTheConventionsForNames) {
  const std::regex form("rolecall_[a-z]+(_[a-z]+)*");
  std::set<std::string_view> names;
  for (const auto& entry : metric_catalogue()) {
    const std::string name(entry.name);
    EXPECT_TRUE(std::regex_match(name, form)) << name;
    EXPECT_TRUE(names.insert(entry.name).second) << name << " stands twice";
    EXPECT_EQ(name.ends_with("_total"), entry.type == MetricType::counter) << name;
    EXPECT_EQ(entry.type == MetricType::histogram, !entry.buckets.empty()) << name;
    if (entry.type == MetricType::histogram) EXPECT_TRUE(name.ends_with("_seconds")) << name;
    EXPECT_TRUE(entry.help.ends_with(".")) << name << ": the help is a sentence";
    for (const auto label : entry.labels)
      EXPECT_TRUE(prometheus::CheckLabelName(std::string(label))) << label;
  }
}

TEST(MetricCatalogue, HasNoLabelForAnId) {
  const std::set<std::string_view> allowed{
      "version", "state",   "kind",  "reason", "outcome", "class", "method", "status", "statement",
      "result",  "verdict", "cause", "chore",  "what",    "type",  "table",  "part"};
  for (const auto& entry : metric_catalogue())
    for (const auto label : entry.labels) EXPECT_TRUE(allowed.contains(label)) << label;
}

TEST(PrometheusObserver, ShowsEveryEntryOfTheCatalogue) {
  const auto text = eventful();
  for (const auto& entry : metric_catalogue()) {
    const std::string name(entry.name);
    const char* type = entry.type == MetricType::counter ? "counter"
                       : entry.type == MetricType::gauge ? "gauge"
                                                         : "histogram";
    EXPECT_NE(text.find("# TYPE " + name + " " + type + "\n"), std::string::npos) << name;
    EXPECT_NE(text.find("# HELP " + name + " "), std::string::npos) << name;
  }
}

TEST(PrometheusObserver, ShowsNoSubjectNoOrganizationAndNoOtherId) {
  const auto text = eventful();
  for (const auto* id : {"private", "acme", "7700"})
    EXPECT_EQ(text.find(id), std::string::npos) << text.substr(text.find(id), 100);
}

TEST(PrometheusObserver, CountsAttemptsByKindOutcomeAndClass) {
  PrometheusObserver observer("1");
  auto event = event_with_ids(Trace::settled);
  event.code = "retry";
  event.failure = FailureClass::throttled;
  observer.on(event);
  observer.on(event);
  event.code = "delivered";
  event.failure.reset();
  observer.on(event);
  const auto text = observer.render();
  EXPECT_NE(text.find("rolecall_attempts_total{class=\"throttled\",kind=\"member.push\","
                      "outcome=\"retry\"} 2\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("rolecall_attempts_total{class=\"none\",kind=\"member.push\","
                      "outcome=\"delivered\"} 1\n"),
            std::string::npos);
}

TEST(PrometheusObserver, CountsWebhooksByResult) {
  PrometheusObserver observer("1");
  observer.on({.what = Trace::webhook, .code = "accepted", .detail = "role.updated"});
  observer.on({.what = Trace::webhook, .code = "refused", .detail = "signature"});
  observer.on({.what = Trace::webhook, .code = "refused", .detail = "too_old"});
  const auto text = observer.render();
  EXPECT_NE(text.find("rolecall_webhooks_total{result=\"accepted\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("rolecall_webhooks_total{result=\"refused\"} 2\n"), std::string::npos);
}

TEST(PrometheusObserver, CountsRowsNotEvents) {
  PrometheusObserver observer("1");
  observer.on({.what = Trace::taken_in, .count = 500});
  observer.on({.what = Trace::rescued, .count = 7});
  const auto text = observer.render();
  EXPECT_NE(text.find("rolecall_rows_taken_in_total 500\n"), std::string::npos);
  EXPECT_NE(text.find("rolecall_rescued_lanes_total 7\n"), std::string::npos);
}

TEST(PrometheusObserver, MeasuresInSeconds) {
  PrometheusObserver observer("1");
  observer.on({.what = Trace::call_finished,
               .code = "PUT",
               .http_status = 200,
               .elapsed = std::chrono::milliseconds{250},
               .rate_class = "um_write"});
  const auto text = observer.render();
  EXPECT_NE(
      text.find("rolecall_call_duration_seconds_sum{class=\"um_write\",method=\"PUT\"} 0.25\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("rolecall_calls_total{class=\"um_write\",method=\"PUT\",status=\"200\"} 1\n"),
            std::string::npos);
}

TEST(PrometheusObserver, MeasuresHowLongAChangeTookToBeInForceWhereThatIsKnown) {
  PrometheusObserver observer("1");
  EXPECT_NE(observer.render().find("rolecall_change_effective_seconds_count 0\n"),
            std::string::npos)
      << "a quantile needs it before the first change";
  observer.on({.what = Trace::confirmed, .elapsed = std::chrono::milliseconds{300}});
  observer.on({.what = Trace::confirmed});
  const auto text = observer.render();
  EXPECT_NE(text.find("rolecall_change_effective_seconds_sum 0.3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("rolecall_change_effective_seconds_count 1\n"), std::string::npos);
  EXPECT_NE(text.find("rolecall_confirmed_total 2\n"), std::string::npos);
}

TEST(PrometheusObserver, CountsFromZeroWhatARateIsAskedOf) {
  const auto text = PrometheusObserver("1").render();
  for (const auto* sample :
       {"rolecall_throttled_total{class=\"um_write\"} 0\n", "rolecall_stale_results_total 0\n",
        "rolecall_webhooks_total{result=\"refused\"} 0\n",
        "rolecall_drift{class=\"lost_write\"} 0\n",
        "rolecall_oldest_drift_age_seconds{class=\"external_edit\"} 0\n",
        "rolecall_calls_refused_total{reason=\"no_turn\"} 0\n",
        "rolecall_reconciliations_total{result=\"failed\"} 0\n"})
    EXPECT_NE(text.find(sample), std::string::npos) << sample;
}

TEST(PrometheusObserver, ShowsEachTableByItsPartsAndForgetsNoOther) {
  PrometheusObserver observer("1");
  observer.show(DatabaseSnapshot{
      .tables = {{"lanes",
                  {.live_rows = 30, .dead_rows = 12, .table_bytes = 8'192, .index_bytes = 16'384}},
                 {"gone", {.live_rows = 1}}},
      .oldest_snapshot_s = 61.5,
      .oldest_snapshot_transactions = 700});
  observer.show(StatusSnapshot{});
  const auto text = observer.render();
  for (const auto* sample : {"rolecall_table_live_rows{table=\"lanes\"} 30\n",
                             "rolecall_table_dead_rows{table=\"lanes\"} 12\n",
                             "rolecall_table_bytes{part=\"table\",table=\"lanes\"} 8192\n",
                             "rolecall_table_bytes{part=\"indexes\",table=\"lanes\"} 16384\n",
                             "rolecall_oldest_snapshot_age_seconds 61.5\n",
                             "rolecall_oldest_snapshot_transactions 700\n"})
    EXPECT_NE(text.find(sample), std::string::npos) << sample << text;
  observer.show(DatabaseSnapshot{.tables = {{"lanes", {.live_rows = 31}}}});
  EXPECT_NE(observer.render().find("rolecall_table_live_rows{table=\"gone\"} 0\n"),
            std::string::npos);
}

TEST(PrometheusObserver, AGaugeThatIsNotShownAnyMoreGoesToZero) {
  PrometheusObserver observer("1");
  observer.show(StatusSnapshot{.rows = {{{"dead", "role.push"}, 4}}, .attention = {{"dead", 4}}});
  observer.show(StatusSnapshot{});
  const auto text = observer.render();
  EXPECT_NE(text.find("rolecall_rows{kind=\"role.push\",state=\"dead\"} 0\n"), std::string::npos);
  EXPECT_NE(text.find("rolecall_attention_rows{reason=\"dead\"} 0\n"), std::string::npos);
}

TEST(PrometheusObserver, ExactlyOneProviderStateIsOne) {
  PrometheusObserver observer("1");
  observer.show(StatusSnapshot{.provider_state = "up"});
  observer.on({.what = Trace::provider_changed, .code = "unauthorised"});
  const auto text = observer.render();
  EXPECT_NE(text.find("rolecall_provider_state{state=\"unauthorised\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("rolecall_provider_state{state=\"up\"} 0\n"), std::string::npos);
}

TEST(PrometheusObserver, ReadsThePoolsUseFromItsStatements) {
  PrometheusObserver observer("1");
  observer.on({.what = Trace::statement, .code = "pg.lease_due", .detail = "3/4"});
  observer.on({.what = Trace::statement, .code = "lease_due", .detail = ""});
  const auto text = observer.render();
  EXPECT_NE(text.find("rolecall_database_connections{state=\"busy\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("rolecall_database_connections{state=\"idle\"} 1\n"), std::string::npos);
}

TEST(PrometheusObserver, CountsTheRowsThatADeliverySaved) {
  PrometheusObserver observer("1");
  observer.on({.what = Trace::settled, .kind = "role.push", .code = "delivered", .count = 10});
  observer.on({.what = Trace::settled, .kind = "role.push", .code = "delivered"});
  EXPECT_NE(observer.render().find("rolecall_superseded_rows_total 10\n"), std::string::npos);
}

}  // namespace
}  // namespace rolecall
