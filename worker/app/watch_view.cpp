#include "worker/app/watch_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "worker/app/sparkline.hpp"

namespace rolecall {
namespace {

constexpr std::size_t kMostPoints = 240;
constexpr std::size_t kTrendMargin = 52;  // what stands beside a trend
constexpr std::size_t kShortestTrend = 10;
constexpr std::size_t kLinesOfOneThing = 3;  // that waits for a person: what, why, what to type

std::int64_t sum_of(const std::map<std::string, std::int64_t>& rows,
                    std::initializer_list<const char*> states) {
  std::int64_t sum = 0;
  for (const auto* state : states)
    if (const auto found = rows.find(state); found != rows.end()) sum += found->second;
  return sum;
}

std::string rate_text(double per_s) {
  return fmt::format("{:.{}f}/s", per_s, per_s < 100 ? 1 : 0);
}

std::size_t trend_columns(const ScreenSize& size) {
  return std::max(kShortestTrend, size.columns - std::min(size.columns, kTrendMargin));
}

template <class Text>
std::string trend(std::string_view name, const std::vector<std::optional<double>>& values,
                  const WatchFrame& frame, Text text) {
  const auto columns = trend_columns(frame.size);
  const auto from = values.size() - std::min(columns, values.size());
  double most = 0;
  for (std::size_t i = from; i < values.size(); ++i) most = std::max(most, values[i].value_or(0));
  const bool known = !values.empty() && values.back();
  return fmt::format("{:<12}{:>9}  {}  {}", name, known ? text(*values.back()) : "?",
                     sparkline(values, columns, frame.unicode),
                     frame.palette.faint("at most " + text(most)));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

}  // namespace

void WatchHistory::keep(double now_s, const StatusReport& report) {
  const auto backlog = static_cast<double>(sum_of(report.rows, {"pending", "leased", "retrying"}));
  const auto settled =
      static_cast<double>(sum_of(report.rows, {"delivered", "superseded", "cancelled"}));
  std::optional<double> rate;
  if (settled_ && !at_s_.empty() && now_s > at_s_.back())  // what retention took counts as nothing
    rate = std::max(0.0, settled - *settled_) / (now_s - at_s_.back());
  settled_ = settled;
  push(now_s, backlog, rate);
}

void WatchHistory::miss(double now_s) {
  settled_.reset();
  push(now_s, std::nullopt, std::nullopt);
}

double WatchHistory::span_s(std::size_t points) const {
  if (at_s_.empty() || points == 0) return 0;
  return at_s_.back() - at_s_[at_s_.size() - std::min(points, at_s_.size())];
}

void WatchHistory::push(double now_s, std::optional<double> backlog,
                        std::optional<double> settled_per_s) {
  if (at_s_.size() == kMostPoints) {
    at_s_.erase(at_s_.begin());
    backlog_.erase(backlog_.begin());
    settled_per_s_.erase(settled_per_s_.begin());
  }
  at_s_.push_back(now_s);
  backlog_.push_back(backlog);
  settled_per_s_.push_back(settled_per_s);
}

std::vector<std::string> watch_lines(const WatchFrame& frame, const WatchHistory& history) {
  const auto span = history.span_s(trend_columns(frame.size));
  std::vector<std::string> lines{
      fmt::format("Rolecall    {}   {}", frame.report ? frame.report->at : "",
                  frame.palette.faint(fmt::format("the last {:.0f} s; q or Ctrl-C ends", span))),
      ""};
  if (!frame.trouble.empty()) lines.push_back(frame.palette.bad(frame.trouble));
  lines.push_back(trend("Backlog", history.backlog(), frame,
                        [](double value) { return fmt::format("{:.0f}", value); }));
  lines.push_back(trend("Settled", history.settled_per_s(), frame, rate_text));
  lines.emplace_back();
  if (!frame.report) return lines;
  const auto without = lines_of(status_text(*frame.report, 0, frame.palette)).size();
  const auto used = lines.size() + without;
  const auto left = frame.size.rows > used ? frame.size.rows - used : 0;
  const auto most = std::max<std::size_t>(1, left / kLinesOfOneThing);
  for (auto& line : lines_of(status_text(*frame.report, most, frame.palette)))
    lines.push_back(std::move(line));
  return lines;
}

}  // namespace rolecall
