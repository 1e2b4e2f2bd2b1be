// faults.hpp -- what shall go wrong, and with which requests.
// Owns:    the rules, in the order given.
// Thread:  one.
// Fails:   a rule that cannot be understood is refused with the reason.
// Never:   looks at the control face's own requests.
#pragma once

#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "tests/emulator/ids.hpp"
#include "worker/core/http.hpp"

namespace rolecall::emulator {

enum class FaultAction {
  status,            // answered with a status; not applied
  reset,             // connection reset; not applied
  stall,             // never answered; not applied
  apply_then_reset,  // applied, then reset
  apply_then_stall,  // applied, never answered
  delay,             // applied and answered late
  apply_late,        // reset at once, applied after the delay: a write that lands late
  refuse,            // in process only: not even connected; over a socket it is a reset
  html,              // 200 with a web page; not applied
  garbage,           // 200 with a body that is no JSON; not applied
  endless,           // 200 with a body that never ends; not applied
  empty,             // closed in order, without an answer; not applied
};
std::string_view name_of(FaultAction action);
std::optional<FaultAction> fault_action_of(std::string_view name);

struct FaultRule {
  std::string method = ".*";  // regular expressions that match the whole
  std::string path = ".*";    // with or without the query
  FaultAction action = FaultAction::status;
  int status = 503;
  std::optional<int> retry_after{};  // seconds
  std::optional<int> count{};        // fires so often at most
  double probability = 1;
  Millis delay{0};
};

struct LoadedRule {
  FaultRule rule;
  std::regex method;
  std::regex path;
  int fired = 0;
};

class Faults {
 public:
  explicit Faults(std::uint64_t random_seed) : chance_(random_seed) {}
  // Nothing: taken. Else: what is wrong with it.
  std::optional<std::string> add(FaultRule rule);
  void clear() { rules_.clear(); }
  // The first rule that matches and fires.
  std::optional<FaultRule> choose(const HttpRequest& request);
  const std::vector<LoadedRule>& rules() const { return rules_; }

 private:
  Chance chance_;
  std::vector<LoadedRule> rules_{};
};

}  // namespace rolecall::emulator
