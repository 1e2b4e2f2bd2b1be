// rate_limits.cpp -- see rate_limits.hpp.
#include "tests/emulator/rate_limits.hpp"

#include <algorithm>
#include <vector>

namespace rolecall::emulator {

namespace {

// The limits that a request counts towards, each with whom it is counted for.
std::vector<std::pair<std::string, std::string>> limits_of(const HttpRequest& request) {
  const auto header = request.headers.find("authorization");
  const std::string key = header == request.headers.end() ? "" : header->second;
  std::vector<std::pair<std::string, std::string>> names{{"general", key}};
  if (request.target.starts_with("/user_management/"))
    names.emplace_back(request.method == "GET" ? "um_read" : "um_write", "");
  if (request.method == "DELETE" && request.target.starts_with("/organizations/"))
    names.emplace_back("organization_delete", key);
  return names;
}

}  // namespace

std::optional<Millis> RateLimits::refuse(const HttpRequest& request, WallTime now) {
  if (!settings_.on) return std::nullopt;
  std::optional<Millis> wait;
  std::vector<std::deque<WallTime>*> windows;
  for (const auto& [name, key] : limits_of(request)) {
    const auto limit = settings_.limits.find(name);
    if (limit == settings_.limits.end()) continue;
    const std::chrono::seconds span{limit->second.seconds};
    std::deque<WallTime>& window = passed_[name + " " + key];
    while (!window.empty() && window.front() + span <= now) window.pop_front();
    windows.push_back(&window);
    if (window.size() < static_cast<std::size_t>(limit->second.requests)) continue;
    // A limit of nothing opens never; say the whole window then.
    const WallTime opens = window.empty() ? now + span : window.front() + span;
    wait = std::max(wait.value_or(Millis{1}), std::chrono::ceil<Millis>(opens - now));
  }
  if (wait) return wait;
  for (std::deque<WallTime>* window : windows) window->push_back(now);
  return std::nullopt;
}

}  // namespace rolecall::emulator
