#include "tests/observability/prometheus_server.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>
#include <cmath>
#include <stdexcept>

#include "tests/support/http.hpp"
#include "tests/support/source_dir.hpp"

namespace rolecall::testing {
namespace {

namespace json = boost::json;

Process start(const ScratchDir& dir, const std::vector<std::string>& targets) {
  std::vector<std::string> quoted;
  for (const auto& target : targets) quoted.push_back("'" + target + "'");
  dir.write("prometheus.yml",
            fmt::format("global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n"
                        "rule_files: ['{}']\n"
                        "scrape_configs:\n"
                        "  - job_name: rolecall\n"
                        "    static_configs: [{{targets: [{}]}}]\n",
                        (source_dir() / "metrics/alerts.yml").string(), fmt::join(quoted, ", ")));
  return Process({{"prometheus", "--config.file=" + (dir.path() / "prometheus.yml").string(),
                   "--storage.tsdb.path=" + (dir.path() / "data").string(),
                   "--web.listen-address=127.0.0.1:0"},
                  {},
                  ""});
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

PrometheusServer::PrometheusServer(const std::vector<std::string>& targets)
    : process_(start(dir_, targets)) {
  constexpr std::chrono::seconds bound(30);
  const std::string before = "address=";
  const auto line = process_.wait_for_line("msg=\"Listening on\"", bound);
  address_ = line.substr(line.rfind(before) + before.size());
  process_.wait_for_line("Server is ready to receive web requests", bound);
}

std::string PrometheusServer::get(const std::string& target) {
  HttpRequest request;
  request.target = target;
  const auto response = http(address_, request);
  if (response.status != 200)
    throw std::runtime_error(
        fmt::format("Prometheus answered {} to {}: {}", response.status, target, response.body));
  return response.body;
}

std::vector<double> PrometheusServer::values_of(const std::string& expression) {
  const auto answer = json::parse(get("/api/v1/query?query=" + escaped(expression)));
  std::vector<double> values;
  for (const auto& sample : answer.at("data").at("result").as_array()) {
    const double value = std::stod(std::string(sample.at("value").at(1).as_string()));
    if (!std::isnan(value)) values.push_back(value);
  }
  return values;
}

std::vector<std::string> PrometheusServer::metric_names() {
  const auto answer = json::parse(get("/api/v1/label/__name__/values"));
  std::vector<std::string> names;
  for (const auto& name : answer.at("data").as_array()) names.emplace_back(name.as_string());
  return names;
}

std::vector<PrometheusServer::Rule> PrometheusServer::rules() {
  const auto answer = json::parse(get("/api/v1/rules"));
  std::vector<Rule> rules;
  for (const auto& group : answer.at("data").at("groups").as_array())
    for (const auto& rule : group.at("rules").as_array())
      rules.push_back({.name = std::string(rule.at("name").as_string()),
                       .state = std::string(rule.at("state").as_string()),
                       .health = std::string(rule.at("health").as_string())});
  return rules;
}

}  // namespace rolecall::testing
