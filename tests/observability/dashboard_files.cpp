#include "tests/observability/dashboard_files.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <regex>
#include <stdexcept>

#include "metrics/catalogue.hpp"
#include "tests/support/source_dir.hpp"

namespace rolecall::testing {
namespace {

namespace json = boost::json;

const json::value* find(const json::value& whole, std::string_view pointer) {
  boost::system::error_code error;
  return whole.find_pointer(pointer, error);
}
std::string text_at(const json::value& whole, std::string_view pointer) {
  const auto* found = find(whole, pointer);
  return found && found->is_string() ? std::string(found->as_string()) : "";
}
std::int64_t number_at(const json::value& whole, std::string_view pointer) {
  const auto* found = find(whole, pointer);
  return found && found->is_int64() ? found->as_int64() : -1;
}
const json::array& list_at(const json::value& whole, std::string_view pointer) {
  static const json::array none;
  const auto* found = find(whole, pointer);
  return found && found->is_array() ? found->as_array() : none;
}

Panel panel_of(const json::value& from) {
  Panel panel{.id = number_at(from, "/id"),
              .type = text_at(from, "/type"),
              .title = text_at(from, "/title"),
              .description = text_at(from, "/description"),
              .datasource = text_at(from, "/datasource/uid"),
              .unit = text_at(from, "/fieldConfig/defaults/unit"),
              .x = number_at(from, "/gridPos/x"),
              .y = number_at(from, "/gridPos/y"),
              .w = number_at(from, "/gridPos/w"),
              .h = number_at(from, "/gridPos/h")};
  for (const auto& target : list_at(from, "/targets"))
    panel.targets.push_back({.ref = text_at(target, "/refId"),
                             .expression = text_at(target, "/expr"),
                             .legend = text_at(target, "/legendFormat"),
                             .datasource = text_at(target, "/datasource/uid")});
  return panel;
}

}  // namespace

Dashboard dashboard_of(std::string_view file, std::string_view text) {
  boost::system::error_code error;
  const auto whole = json::parse({text.data(), text.size()}, error);
  if (error) throw std::runtime_error(std::string(file) + " is no JSON: " + error.message());
  Dashboard dashboard{.file = std::string(file),
                      .uid = text_at(whole, "/uid"),
                      .title = text_at(whole, "/title"),
                      .schema_version = number_at(whole, "/schemaVersion")};
  for (const auto& variable : list_at(whole, "/templating/list"))
    dashboard.variables.insert(text_at(variable, "/type") + ":" + text_at(variable, "/name"));
  for (const auto& panel : list_at(whole, "/panels")) dashboard.panels.push_back(panel_of(panel));
  return dashboard;
}

std::vector<Dashboard> dashboards() {
  std::set<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(source_dir() / "metrics" / "dashboards"))
    names.insert(entry.path().stem().string());
  std::vector<Dashboard> all;
  for (const auto& name : names)
    all.push_back(dashboard_of(name, source_text("metrics/dashboards/" + name + ".json")));
  return all;
}

bool overlap(const Panel& a, const Panel& b) {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

std::vector<NamedMetric> metrics_named_in(const std::string& expression) {
  static const std::regex metric(R"((rolecall_\w+)(?:\{([^}]*)\})?)");
  static const std::regex label(R"((\w+)\s*(?:=~|!~|!=|=)\s*")");
  std::vector<NamedMetric> named;
  const std::sregex_iterator end;
  for (std::sregex_iterator at(expression.begin(), expression.end(), metric); at != end; ++at) {
    NamedMetric found{(*at)[1], {}};
    const std::string matchers = (*at)[2];
    for (std::sregex_iterator l(matchers.begin(), matchers.end(), label); l != end; ++l)
      found.labels.insert((*l)[1]);
    named.push_back(std::move(found));
  }
  return named;
}

std::string catalogued(const std::string& name) {
  for (const auto& entry : metric_catalogue()) {
    const std::string base(entry.name);
    if (name == base && entry.type != MetricType::histogram) return base;
    if (entry.type != MetricType::histogram) continue;
    for (const auto* part : {"_bucket", "_sum", "_count"})
      if (name == base + part) return base;
  }
  return "";
}

std::string problem_of(const NamedMetric& metric) {
  const auto base = catalogued(metric.name);
  if (base.empty()) return metric.name + " is not in metrics/catalogue.cpp";
  const auto entry = std::ranges::find(metric_catalogue(), base, &MetricEntry::name);
  for (const auto& label : metric.labels) {
    const bool ours = std::ranges::find(entry->labels, label) != entry->labels.end();
    if (!ours && label != "job" && label != "instance" && label != "le")
      return metric.name + " has no label " + label;
  }
  return "";
}

}  // namespace rolecall::testing
