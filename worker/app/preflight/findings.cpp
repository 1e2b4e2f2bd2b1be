#include "worker/app/preflight/findings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "worker/app/exit_code.hpp"
#include "worker/app/plain_text.hpp"

namespace rolecall::preflight {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(one_line(text));
}

std::int64_t count(const Report& report, Verdict verdict) {
  return std::ranges::count(report.findings, verdict, &Finding::verdict);
}

std::string number_of(std::int64_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string column_of(Verdict verdict, const Palette& palette) {
  const auto column = fmt::format("{:<8}", name_of(verdict));
  if (verdict == Verdict::ok) return palette.good(column);
  return verdict == Verdict::warning ? palette.warn(column) : palette.bad(column);
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::warning:
      return "warning";
    case Verdict::error:
      break;
  }
  return "error";
}

Verdict Report::verdict() const {
  auto worst = Verdict::ok;
  for (const auto& finding : findings) worst = std::max(worst, finding.verdict);
  return worst;
}

int Report::exit_code() const {
  if (std::ranges::any_of(findings, &Finding::unreachable)) return rolecall::exit_code::unreachable;
  return verdict() == Verdict::error ? rolecall::exit_code::not_so : rolecall::exit_code::done;
}

std::string json_of(const Report& report) {
  json::array findings;
  for (const auto& finding : report.findings)
    findings.push_back({{"name", finding.name},
                        {"verdict", name_of(finding.verdict)},
                        {"detail", text_or_null(finding.detail)},
                        {"to_do", text_or_null(finding.to_do)}});
  json::array unseen;
  for (const auto& name : report.not_looked_at) unseen.emplace_back(name);
  return json::serialize(json::object{{"verdict", name_of(report.verdict())},
                                      {"findings", std::move(findings)},
                                      {"not_looked_at", std::move(unseen)}}) +
         "\n";
}

std::string table_of(const Report& report, const Palette& palette) {
  std::string table;
  for (const auto& finding : report.findings) {
    table += fmt::format("{} {:<18} {}\n", column_of(finding.verdict, palette), finding.name,
                         one_line(finding.detail));
    if (!finding.to_do.empty()) table += fmt::format("{:28}-> {}\n", "", one_line(finding.to_do));
  }
  if (!report.not_looked_at.empty())
    table += fmt::format("\nNot looked at, because of the above: {}\n",
                         fmt::join(report.not_looked_at, ", "));
  table += fmt::format("\n{}, {}\n", number_of(count(report, Verdict::error), "error"),
                       number_of(count(report, Verdict::warning), "warning"));
  return table;
}

}  // namespace rolecall::preflight
