// What dashboards and alerts ask, answered by a real Prometheus that scrapes two real workers while
// there is traffic in both directions.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/observability/alert_rules.hpp"
#include "tests/observability/dashboard_files.hpp"
#include "tests/observability/prometheus_server.hpp"
#include "tests/support/http.hpp"
#include "tests/support/source_dir.hpp"
#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

// An expression as Grafana would send it.
std::string asked(std::string expression) {
  for (const auto& [variable, value] :
       {std::pair{"$job", "rolecall"}, std::pair{"$__rate_interval", "1m"}})
    for (auto at = expression.find(variable); at != std::string::npos;
         at = expression.find(variable))
      expression.replace(at, std::string_view(variable).size(), value);
  return expression;
}

struct Question {
  std::string where, expression;
};

std::vector<Question> questions() {
  std::vector<Question> all;
  for (const auto& dashboard : dashboards())
    for (const auto& panel : dashboard.panels)
      for (const auto& target : panel.targets)
        all.push_back(
            {dashboard.file + ": " + panel.title + " " + target.ref, asked(target.expression)});
  return all;
}

std::set<std::string> names_in_use() {
  std::set<std::string> names;
  for (const auto& question : questions())
    for (const auto& metric : metrics_named_in(question.expression)) names.insert(metric.name);
  for (const auto& rule : alert_rules(source_text("metrics/alerts.yml")))
    for (const auto& metric : metrics_named_in(rule.expression)) names.insert(metric.name);
  return names;
}

class Scraped : public ::testing::Test {
 protected:
  Scraped() {
    stand.db().sql("update rolecall.schedules set every_ms = 50 where name = 'pull_events'");
    stand.db().sql("select rolecall.start_events()");
    // Bob stays: an organization keeps an admin.
    for (const auto& [person, slug] : {std::pair{"ann", "member"}, std::pair{"bob", "admin"}})
      stand.db().sql(
          "select rolecall.add_member('acme', $1, array(select 'role:global:' || id "
          "from rolecall.global_roles where workos_slug = $2))",
          {person, slug});
  }

  // Changes here and at WorkOS, and calls that are refused on the way in.
  void traffic() {
    const auto* slug = ++turns % 2 == 0 ? "member" : "admin";
    stand.db().sql(
        "select rolecall.set_member_roles('acme', 'ann', array(select 'role:global:' || id "
        "from rolecall.global_roles where workos_slug = $1))",
        {slug});
    stand.control("POST", "/_emulator/edit",
                  fmt::format(R"({{"method":"POST","path":)"
                              R"("/authorization/organizations/org_1/roles","body":)"
                              R"({{"name":"R{0}","slug":"org-r{0}"}}}})",
                              turns));
    http(first.address(), {.method = "POST", .target = "/webhooks/workos", .body = "{}"});
  }
  // What only shows after something went wrong.
  void troubles() {
    stand.fault("GET", "/events.*", "status", R"("status":503,"count":1)");
    stand.db().sql("select rolecall.pause_provider('a look at the alerts')");
    stand.until([&] { return shows(R"(rolecall_attention_rows{reason="paused"} 1)"); }, "a pause");
    stand.db().sql("select rolecall.resume_provider()");
    stand.db().sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = "
        "current_database() and pid <> pg_backend_pid() and application_name like 'rolecall%'");
  }
  bool shows(const std::string& sample) {
    return http(first.address(), {.target = "/metrics"}).body.find(sample) != std::string::npos;
  }

  int turns = 0;
  Stand stand{};
  Process& first = stand.start_worker({{"WORKOS_WEBHOOK_SECRET", "whsec_test"}});
  Process& second = stand.start_worker();
  PrometheusServer prometheus{{first.address(), second.address()}};
};

TEST_F(Scraped, EveryPanelHasDataAndEveryMetricThatIsNamedIsScraped) {
  troubles();
  auto open = questions();
  EXPECT_GT(open.size(), 60u);
  auto names = names_in_use();
  try {
    stand.until(
        [&] {
          traffic();
          std::erase_if(open,
                        [&](const auto& q) { return !prometheus.values_of(q.expression).empty(); });
          for (const auto& name : prometheus.metric_names()) names.erase(name);
          return open.empty() && names.empty();
        },
        "every panel has data");
  } catch (const std::runtime_error& never) {
    for (const auto& q : open) ADD_FAILURE() << q.where << " has no data: " << q.expression;
    for (const auto& name : names) ADD_FAILURE() << name << " was never scraped";
    FAIL() << never.what();
  }
  EXPECT_TRUE(prometheus.values_of("rolecall_calls").empty()) << "anything would have data";
}

TEST_F(Scraped, WhatTheDatabaseShowsIsNotCountedOncePerWorker) {
  const auto expression = [](const std::string& title) {
    for (const auto& q : questions())
      if (q.where == title) return q.expression;
    throw std::runtime_error("there is no panel " + title);
  };
  const auto becomes = [&](const std::string& title, double value) {
    stand.until(
        [&] { return prometheus.values_of(expression(title)) == std::vector<double>{value}; },
        fmt::format("{} = {}", title, value));
  };
  stand.settle();
  becomes("outbox: Workers A", 2);
  becomes("database: Ready workers A", 2);
  becomes("convergence: Confirmed A", 1);
  becomes("convergence: In flight A", 0);
  stand.until(
      [&] {
        return prometheus.values_of("sum(" + expression("convergence: Subjects by state A") +
                                    ")") == std::vector<double>{2};
      },
      "two subjects, scraped from two workers");
  stand.db().sql("select rolecall.pause_provider('nothing leaves')");
  becomes("convergence: Waiting for a person A", 1);
}

TEST_F(Scraped, TheRulesAreEvaluatedAndNoneIsStirredUntilTheWorkersAreGone) {
  const auto rule = [&](const std::string& name) {
    for (const auto& r : prometheus.rules())
      if (r.name == name) return r;
    return PrometheusServer::Rule{};
  };
  const auto expected = alert_rules(source_text("metrics/alerts.yml")).size();
  stand.settle();
  stand.until(
      [&] {
        const auto rules = prometheus.rules();
        return rules.size() == expected && std::ranges::all_of(rules, [](const auto& r) {
                 return r.health == "ok" && r.state == "inactive";
               });
      },
      "all rules are evaluated and quiet");
  first.kill();
  stand.until("select count(*) from rolecall.workers where state = 'live'", "1");
  second.kill();
  stand.until([&] { return rule("RolecallNoWorker").state == "pending"; }, "RolecallNoWorker");
}

}  // namespace
}  // namespace rolecall::testing
