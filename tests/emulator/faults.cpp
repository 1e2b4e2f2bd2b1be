// faults.cpp -- see faults.hpp.
#include "tests/emulator/faults.hpp"

#include <algorithm>
#include <utility>

namespace rolecall::emulator {

namespace {

constexpr std::pair<FaultAction, std::string_view> kNames[] = {
    {FaultAction::status, "status"},
    {FaultAction::reset, "reset"},
    {FaultAction::stall, "stall"},
    {FaultAction::apply_then_reset, "apply_then_reset"},
    {FaultAction::apply_then_stall, "apply_then_stall"},
    {FaultAction::delay, "delay"},
    {FaultAction::apply_late, "apply_late"},
    {FaultAction::refuse, "refuse"},
    {FaultAction::html, "html"},
    {FaultAction::garbage, "garbage"},
    {FaultAction::endless, "endless"},
    {FaultAction::empty, "empty"},
};

}  // namespace

std::string_view name_of(FaultAction action) {
  return std::ranges::find(kNames, action, &std::pair<FaultAction, std::string_view>::first)
      ->second;
}

std::optional<FaultAction> fault_action_of(std::string_view name) {
  const auto found =
      std::ranges::find(kNames, name, &std::pair<FaultAction, std::string_view>::second);
  if (found == std::end(kNames)) return std::nullopt;
  return found->first;
}

std::optional<std::string> Faults::add(FaultRule rule) {
  if (rule.probability < 0 || rule.probability > 1) return "probability must be from 0 to 1";
  if (rule.status < 200 || rule.status > 599) return "status must be from 200 to 599";
  try {
    std::regex method{rule.method};
    std::regex path{rule.path};
    rules_.push_back({std::move(rule), std::move(method), std::move(path)});
  } catch (const std::regex_error& error) {
    return std::string{"not a regular expression: "} + error.what();
  }
  return std::nullopt;
}

std::optional<FaultRule> Faults::choose(const HttpRequest& request) {
  const std::string path = request.target.substr(0, request.target.find('?'));
  for (LoadedRule& loaded : rules_) {
    if (loaded.rule.count && loaded.fired >= *loaded.rule.count) continue;
    if (!std::regex_match(request.method, loaded.method)) continue;
    if (!std::regex_match(request.target, loaded.path) && !std::regex_match(path, loaded.path))
      continue;
    if (chance_.fraction() >= loaded.rule.probability) continue;
    ++loaded.fired;
    return loaded.rule;
  }
  return std::nullopt;
}

}  // namespace rolecall::emulator
