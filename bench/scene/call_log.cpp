#include "bench/scene/call_log.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <iterator>
#include <stdexcept>

#include "tests/emulator/times.hpp"

namespace rolecall::bench {
namespace {

namespace json = boost::json;

double seconds_of(const std::string& time) {
  const auto parsed = emulator::parse_time(time);
  if (!parsed) throw std::runtime_error("the log's time " + time + " is of no known form");
  return std::chrono::duration<double>(parsed->time_since_epoch()).count();
}

std::string text(const json::object& entry, const char* name) {
  return std::string(entry.at(name).as_string());
}

}  // namespace

CallLog call_log(testing::Stand& stand) {
  const json::value document = json::parse(stand.control("GET", "/_emulator/log"));
  CallLog log;
  for (const json::value& one : document.at("requests").as_array()) {
    const json::object& entry = one.as_object();
    log.push_back({.at_s = seconds_of(text(entry, "at")),
                   .method = text(entry, "method"),
                   .path = text(entry, "path"),
                   .body = text(entry, "body"),
                   .status = static_cast<int>(entry.at("status").as_int64()),
                   .applied = entry.at("applied").as_bool()});
  }
  return log;
}

CallLog writes_of(const CallLog& log) {
  CallLog writes;
  std::ranges::copy_if(log, std::back_inserter(writes), [](const LoggedCall& call) {
    return call.method != "GET" && call.path.starts_with("/user_management/");
  });
  return writes;
}

int refusals(const CallLog& calls) {
  return static_cast<int>(std::ranges::count(calls, 429, &LoggedCall::status));
}

double share_used(const CallLog& calls, double per_s) {
  if (calls.size() < 2) return 0;
  const auto let_through = static_cast<double>(calls.size()) - refusals(calls) - 1;
  return let_through / (per_s * (calls.back().at_s - calls.front().at_s));
}

double settled_after(const CallLog& calls, double per_s, double part, double span_s) {
  std::vector<double> let_through;
  for (const LoggedCall& call : calls)
    if (call.status != 429) let_through.push_back(call.at_s);
  if (let_through.empty()) return 0;
  constexpr double kStep = 0.1;
  const double wanted = part * per_s * span_s;
  double settled = 0;
  for (int step = 0; let_through.front() + step * kStep + span_s <= let_through.back(); ++step) {
    const double from = let_through.front() + step * kStep;
    const auto first = std::ranges::lower_bound(let_through, from);
    const auto end = std::ranges::lower_bound(let_through, from + span_s);
    if (static_cast<double>(end - first) < wanted) settled = (step + 1) * kStep;
  }
  return settled;
}

}  // namespace rolecall::bench
