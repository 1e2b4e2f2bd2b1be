// The alert rules: promtool takes them, their cases hold and would fail without them, and each has
// its section in the runbook.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <regex>

#include "tests/observability/alert_rules.hpp"
#include "tests/observability/dashboard_files.hpp"
#include "tests/observability/scratch_dir.hpp"
#include "tests/support/process.hpp"
#include "tests/support/source_dir.hpp"

namespace rolecall::testing {
namespace {

constexpr auto kRules = "metrics/alerts.yml";
constexpr auto kCases = "tests/observability/alerts_test.yml";

Finished promtool(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "promtool");
  return run({arguments, {}, ""});
}

// The cases of one alert, run with another expression for it.
Finished cases_with(const std::string& alert, const std::string& expression) {
  const ScratchDir dir;
  dir.write(kRules, with_expression(source_text(kRules), alert, expression));
  dir.write(kCases, cases_of(source_text(kCases), alert));
  return promtool({"test", "rules", dir.path() / kCases});
}

// A case of the alert failed in which `expected` was to be and `got` was there instead.
bool failed(const Finished& finished, const std::string& alert,
            const std::string& expected_and_got) {
  return finished.exit_code != 0 &&
         std::regex_search(finished.output,
                           std::regex("alertname: " + alert + R"(,[^\n]*\n)" + expected_and_got));
}

class Alert : public ::testing::TestWithParam<AlertRule> {};

TEST_P(Alert, HasACaseInWhichItFires) {
  const auto& name = GetParam().name;
  const auto never = cases_with(name, "vector(0) > 1");
  EXPECT_TRUE(failed(never, name, R"(\s*exp:\[\n(.*\n)*?.*got:\[\])")) << never.output;
}

TEST_P(Alert, HasACaseInWhichItIsSilent) {
  const auto& name = GetParam().name;
  const auto always = cases_with(name, "vector(1)");
  EXPECT_TRUE(failed(always, name, R"(\s*exp:\[\],\s*got:\[\n)")) << always.output;
}

TEST_P(Alert, LinksToItsSectionOfTheRunbook) {
  const std::string file = "docs/runbook.md#";
  const auto& url = GetParam().runbook_url;
  ASSERT_TRUE(url.starts_with(file)) << url;
  const auto anchors = anchors_in(source_text("docs/runbook.md"));
  EXPECT_EQ(std::ranges::count(anchors, url.substr(file.size())), 1) << url;
}

TEST_P(Alert, NamesMetricsAndLabelsOfTheCatalogue) {
  const auto named = metrics_named_in(GetParam().expression);
  EXPECT_FALSE(named.empty());
  for (const auto& metric : named) EXPECT_EQ(problem_of(metric), "");
}

INSTANTIATE_TEST_SUITE_P(All, Alert, ::testing::ValuesIn(alert_rules(source_text(kRules))),
                         [](const auto& info) { return info.param.name; });

TEST(Alerts, AreTakenByPromtoolAsTheyAreReadHere) {
  const auto check = promtool({"check", "rules", source_dir() / kRules});
  EXPECT_EQ(check.exit_code, 0) << check.output;
  const auto count = std::to_string(alert_rules(source_text(kRules)).size());
  EXPECT_NE(check.output.find("SUCCESS: " + count + " rules found"), std::string::npos)
      << check.output;
}

TEST(Alerts, FireAndAreSilentAsTheirCasesSay) {
  const auto cases = promtool({"test", "rules", source_dir() / kCases});
  EXPECT_EQ(cases.exit_code, 0) << cases.output;
}

TEST(Alerts, AreFewAndAboutWhatWakesAPerson) {
  std::vector<std::string> names;
  for (const auto& rule : alert_rules(source_text(kRules))) names.push_back(rule.name);
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "RolecallAttention", "RolecallBacklogTooLarge", "RolecallBreakerOpen",
                       "RolecallDeadRowsHeld", "RolecallDriftOld", "RolecallDueTooLong",
                       "RolecallEventLag", "RolecallNoWorker", "RolecallNumbersStale",
                       "RolecallStaleResults", "RolecallUnauthorised"}));
}

TEST(Alerts, LieWherePrometheusIsToldToFindThem) {
  const auto check = promtool({"check", "config", source_dir() / "metrics/prometheus.yml"});
  EXPECT_EQ(check.exit_code, 0) << check.output;
  EXPECT_NE(check.output.find("1 rule files found"), std::string::npos) << check.output;
}

TEST(AlertRules, ExchangeOneExpressionAndNothingElse) {
  const auto text = source_text(kRules);
  const auto changed = with_expression(text, "RolecallDueTooLong", "vector(1)");
  const auto before = alert_rules(text);
  const auto after = alert_rules(changed);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].name, before[i].name);
    EXPECT_EQ(after[i].runbook_url, before[i].runbook_url);
    EXPECT_EQ(after[i].expression, before[i].name == "RolecallDueTooLong" ? "          vector(1)"
                                                                          : before[i].expression);
  }
  EXPECT_THROW(with_expression(text, "RolecallNothing", "vector(1)"), std::runtime_error);
}

}  // namespace

void PrintTo(const AlertRule& rule, std::ostream* out) {
  *out << rule.name;
}

}  // namespace rolecall::testing
