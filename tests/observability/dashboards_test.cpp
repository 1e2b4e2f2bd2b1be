// The dashboards as files: whole, readable, and about metrics that exist.
#include <gtest/gtest.h>

#include <map>
#include <regex>

#include "tests/observability/dashboard_files.hpp"

namespace rolecall::testing {
namespace {

// Calls `look` with each panel of each dashboard, and with words that say which it is.
template <class Look>
void each_panel(Look look) {
  for (const auto& dashboard : dashboards())
    for (const auto& panel : dashboard.panels)
      look(panel, dashboard.file + ": " + std::to_string(panel.id) + " " + panel.title);
}

TEST(Dashboards, AreTheFive) {
  std::map<std::string, std::string> titles;
  std::set<std::string> uids;
  for (const auto& dashboard : dashboards()) {
    titles[dashboard.file] = dashboard.title;
    EXPECT_TRUE(uids.insert(dashboard.uid).second) << dashboard.uid << " stands twice";
    EXPECT_GE(dashboard.schema_version, 36) << dashboard.file << ": as of Grafana 10";
    EXPECT_TRUE(dashboard.variables.contains("datasource:datasource")) << dashboard.file;
    EXPECT_TRUE(dashboard.variables.contains("query:job")) << dashboard.file;
  }
  EXPECT_EQ(titles, (std::map<std::string, std::string>{{"convergence", "Rolecall: convergence"},
                                                        {"outbox", "Rolecall: outbox"},
                                                        {"provider", "Rolecall: provider"},
                                                        {"inbound", "Rolecall: inbound"},
                                                        {"database", "Rolecall: database"}}));
}

TEST(Dashboards, SayOfEachPanelWhatIsNormalAndWhatToDoWhenItIsNot) {
  const std::regex form(R"(Normal: .+[.;] .*(When|when) .+\.)");
  each_panel([&](const Panel& panel, const std::string& where) {
    EXPECT_TRUE(std::regex_match(panel.description, form)) << where << ": " << panel.description;
    EXPECT_FALSE(panel.title.empty()) << where;
    EXPECT_FALSE(panel.unit.empty()) << where;
    EXPECT_TRUE(panel.type == "stat" || panel.type == "timeseries") << where;
  });
}

TEST(Dashboards, AskThroughTheVariableWithALegendForEachAnswer) {
  static const std::regex in_braces(R"(\{\{(\w+)\}\})");
  each_panel([&](const Panel& panel, const std::string& where) {
    EXPECT_EQ(panel.datasource, "${datasource}") << where;
    EXPECT_FALSE(panel.targets.empty()) << where;
    std::set<std::string> refs;
    for (const auto& target : panel.targets) {
      EXPECT_EQ(target.datasource, "${datasource}") << where;
      EXPECT_TRUE(refs.insert(target.ref).second && !target.ref.empty()) << where;
      EXPECT_FALSE(target.legend.empty()) << where;
      const std::sregex_iterator end;
      for (std::sregex_iterator at(target.legend.begin(), target.legend.end(), in_braces);
           at != end; ++at)
        EXPECT_TRUE(std::regex_search(target.expression,
                                      std::regex(R"(by \([^)]*\b)" + (*at)[1].str() + R"(\b)")))
            << where << ": the answer has no label " << (*at)[1];
    }
  });
}

TEST(Dashboards, NameMetricsAndLabelsOfTheCatalogueOfOneJob) {
  each_panel([](const Panel& panel, const std::string& where) {
    for (const auto& target : panel.targets) {
      const auto named = metrics_named_in(target.expression);
      EXPECT_FALSE(named.empty()) << where << ": " << target.expression;
      for (const auto& metric : named) {
        EXPECT_EQ(problem_of(metric), "") << where << ": " << target.expression;
        EXPECT_TRUE(metric.labels.contains("job")) << where << ": " << target.expression;
      }
    }
  });
}

TEST(Dashboards, GiveEachPanelAPlaceOfItsOwn) {
  for (const auto& dashboard : dashboards()) {
    std::set<std::int64_t> ids;
    for (const auto& panel : dashboard.panels) {
      EXPECT_TRUE(panel.id > 0 && ids.insert(panel.id).second) << dashboard.file << panel.id;
      EXPECT_TRUE(panel.x >= 0 && panel.y >= 0 && panel.w > 0 && panel.h > 0 &&
                  panel.x + panel.w <= 24)
          << dashboard.file << ": " << panel.title;
      for (const auto& other : dashboard.panels)
        EXPECT_TRUE(other.id == panel.id || !overlap(panel, other))
            << dashboard.file << ": " << panel.title << " lies on " << other.title;
    }
  }
}

TEST(DashboardFiles, FindPanelsThatLieOnEachOther) {
  const Panel a{.x = 0, .y = 0, .w = 12, .h = 8};
  EXPECT_TRUE(overlap(a, {.x = 11, .y = 7, .w = 12, .h = 8}));
  EXPECT_FALSE(overlap(a, {.x = 12, .y = 0, .w = 12, .h = 8}));
  EXPECT_FALSE(overlap(a, {.x = 0, .y = 8, .w = 12, .h = 8}));
}

TEST(DashboardFiles, FindWhatTheCatalogueDoesNotHave) {
  const auto named = metrics_named_in(
      R"(sum(rate(rolecall_calls_total{job="$job",status=~"5.."}[1m])) / rolecall_workers)");
  EXPECT_EQ(named, (std::vector<NamedMetric>{{"rolecall_calls_total", {"job", "status"}},
                                             {"rolecall_workers", {}}}));
  EXPECT_EQ(problem_of(named[0]), "");
  EXPECT_NE(problem_of({"rolecall_calls", {}}), "");
  EXPECT_NE(problem_of({"rolecall_calls_total", {"organization"}}), "");
  EXPECT_EQ(problem_of({"rolecall_call_duration_seconds_bucket", {"le"}}), "");
  EXPECT_NE(problem_of({"rolecall_call_duration_seconds", {}}), "") << "a histogram has parts only";
}

TEST(DashboardFiles, AreNotTakenWhenTheyAreNoJson) {
  EXPECT_THROW(dashboard_of("broken", "{\"uid\": "), std::runtime_error);
}

}  // namespace
}  // namespace rolecall::testing
