#include "worker/app/reconcile_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace rolecall {
namespace {

namespace json = boost::json;

struct Totals {
  std::map<DriftClass, int> found{};
  std::map<std::string, int> repaired{};
  int compared = 0;
  int calls = 0;
  int planned_calls = 0;
  double planned_seconds = 0;
  int drift = 0;
  std::size_t unjudged = 0;
};

Totals totals_of(const ReconcileReport& report) {
  Totals totals;
  for (const auto& [name, end, plan] : report.organizations) {
    for (const auto& [kind, n] : end.found) totals.found[kind] += n;
    for (const auto& [outcome, n] : end.repaired) totals.repaired[outcome] += n;
    totals.compared += end.report.compared;
    totals.calls += end.report.calls;
    totals.planned_calls += end.planned_calls;
    totals.planned_seconds += end.planned_seconds;
    totals.drift += drift_in(end);
    totals.unjudged += end.report.unjudged.size();
  }
  return totals;
}

std::string plain(double value) {
  auto text = fmt::format("{:.3f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string quoted(const std::string& text) {
  return json::serialize(json::value(json::string(text)));
}

std::string organization_json(const OrganizationReport& one) {
  std::string findings;
  for (std::size_t i = 0; i < one.plan.size(); ++i)
    findings += (i == 0 ? "" : ",") + one.plan.text(i, "document");
  std::string unjudged;
  for (const auto& subject : one.end.report.unjudged)
    unjudged += (unjudged.empty() ? "" : ",") + quoted(subject);
  return fmt::format(
      R"({{"organization":{},"compared":{},"calls":{},"failure":{},"unjudged":[{}],"findings":[{}]}})",
      quoted(one.organization), one.end.report.compared, one.end.report.calls,
      one.end.report.failure.empty() ? "null" : quoted(one.end.report.failure), unjudged, findings);
}

constexpr std::size_t kWidths = 6;
using Line = std::array<std::string, kWidths>;

std::string cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most) + "...";
}

std::string table_of(const std::vector<Line>& lines) {
  std::array<std::size_t, kWidths> widths{};
  for (const Line& line : lines)
    for (std::size_t i = 0; i < kWidths; ++i)
      widths.at(i) = std::max(widths.at(i), line.at(i).size());
  std::string table;
  for (const Line& line : lines) {
    std::string row = " ";
    for (std::size_t i = 0; i < kWidths; ++i)
      row += fmt::format(" {:<{}}", line.at(i), widths.at(i));
    row.erase(row.find_last_not_of(' ') + 1);
    table += row + '\n';
  }
  return table;
}

std::string plan_screen(const OrganizationReport& one) {
  constexpr std::size_t kMost = 40;
  std::vector<Line> lines{{"class", "what", "here", "at WorkOS", "repair", "last changed here"}};
  const Rows& plan = one.plan;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const auto calls = plan.number(i, "calls");
    std::string repair = plan.text(i, "action");
    if (calls > 0) repair += fmt::format(" ({} calls, {} s)", calls, plan.text(i, "seconds"));
    if (!plan.text(i, "applied").empty()) repair += ": " + plan.text(i, "applied");
    std::string changed = plan.text(i, "changed_at");
    if (!changed.empty())
      changed += fmt::format(" {} ({})", plan.text(i, "changed_by"), plan.text(i, "changed_how"));
    lines.push_back({plan.text(i, "class"), plan.text(i, "family") + " " + plan.text(i, "name"),
                     cut(plan.text(i, "wanted"), kMost), cut(plan.text(i, "shown"), kMost),
                     cut(repair, 60), cut(changed, 60)});
  }
  return table_of(lines);
}

}  // namespace

int drift_in(const PassEnd& end) {
  int drift = 0;
  for (const auto& [kind, n] : end.found)
    if (kind != DriftClass::pending) drift += n;
  return drift;
}

bool is_settled(const ReconcileReport& report) {
  return std::ranges::all_of(report.organizations, [&](const OrganizationReport& one) {
    const PassEnd& end = one.end;
    if (!end.report.failure.empty() || !end.report.unjudged.empty()) return false;
    if (!report.applied) return drift_in(end) == 0;
    int begun = 0;
    for (const auto& [outcome, n] : end.repaired)
      if (outcome == "handed over" || outcome == "said") begun += n;
    return begun >= drift_in(end);
  });
}

std::string reconcile_json(const ReconcileReport& report) {
  const Totals totals = totals_of(report);
  std::string organizations, found, repaired;
  for (const auto& one : report.organizations)
    organizations += (organizations.empty() ? "" : ",") + organization_json(one);
  for (const auto& [kind, n] : totals.found)
    found += fmt::format("{}\"{}\":{}", found.empty() ? "" : ",", name_of(kind), n);
  for (const auto& [outcome, n] : totals.repaired)
    repaired += fmt::format("{}{}:{}", repaired.empty() ? "" : ",", quoted(outcome), n);
  return fmt::format(
      R"({{"organizations":[{}],"found":{{{}}},"repaired":{{{}}},"compared":{},"calls":{},)"
      R"("planned_calls":{},"planned_seconds":{},"drift":{}}})",
      organizations, found, repaired, totals.compared, totals.calls, totals.planned_calls,
      plain(totals.planned_seconds), totals.drift);
}

std::string reconcile_screen(const ReconcileReport& report) {
  const Totals totals = totals_of(report);
  std::string screen;
  for (const auto& one : report.organizations) {
    const PassReport& pass = one.end.report;
    if (one.plan.empty() && pass.unjudged.empty() && pass.failure.empty()) continue;
    screen += fmt::format("{}: {} compared\n", one.organization, pass.compared);
    if (!one.plan.empty()) screen += plan_screen(one);
    if (!pass.unjudged.empty())
      screen += fmt::format(
          "  {} could not be judged: they changed each time, or the event stream "
          "did not reach past the read\n",
          pass.unjudged.size());
    if (!pass.failure.empty()) screen += fmt::format("  not read in full: {}\n", pass.failure);
  }
  screen += fmt::format(
      "{} organizations, {} roles, sets of permissions and members compared in {} "
      "calls: {}\n",
      report.organizations.size(), totals.compared, totals.calls,
      totals.drift == 0 ? "no drift" : fmt::format("{} differences", totals.drift));
  if (totals.drift > 0 && !report.applied)
    screen +=
        fmt::format("repairing them takes {} calls, about {:.0f} s: rolecall reconcile --apply\n",
                    totals.planned_calls, std::max(1.0, totals.planned_seconds));
  for (const auto& [outcome, n] : totals.repaired) screen += fmt::format("{} {}\n", n, outcome);
  return screen;
}

}  // namespace rolecall
