// dashboard_files.hpp -- the dashboards of metrics/dashboards, read as Grafana reads them.
// Owns:    its text.
// Thread:  any.
// Fails:   throws std::runtime_error where a file is no dashboard; what is missing in it is empty.
// Never:   judges; the tests do.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rolecall::testing {

struct PanelTarget {
  std::string ref{}, expression{}, legend{}, datasource{};
};

struct Panel {
  std::int64_t id = 0;
  std::string type{}, title{}, description{}, datasource{}, unit{};
  std::int64_t x = 0, y = 0, w = 0, h = 0;  // Grafana's grid: 24 columns
  std::vector<PanelTarget> targets{};
};

struct Dashboard {
  std::string file{};  // "convergence"
  std::string uid{}, title{};
  std::int64_t schema_version = 0;
  std::set<std::string> variables{};  // "datasource:datasource": type and name
  std::vector<Panel> panels{};
};

// In the order of their files' names.
std::vector<Dashboard> dashboards();
Dashboard dashboard_of(std::string_view file, std::string_view json);

// Whether two panels share a cell of the grid.
bool overlap(const Panel& a, const Panel& b);

// What an expression names of ours: "rolecall_calls_total", with the labels that it names there.
struct NamedMetric {
  std::string name{};
  std::set<std::string> labels{};
  auto operator<=>(const NamedMetric&) const = default;
};
std::vector<NamedMetric> metrics_named_in(const std::string& expression);

// The entry of the catalogue that `name` is, or is a part of (_bucket, _sum, _count); "": none.
std::string catalogued(const std::string& name);

// Why a metric that an expression names cannot be there; "": it can.
std::string problem_of(const NamedMetric& metric);

}  // namespace rolecall::testing
