// steps.hpp -- every call of a port is a step that a test may let fail, or do something at.
// Owns:    the count of steps, and their log.
// Thread:  the test's.
// Fails:   as scripted.
// Never:   chooses by chance.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "outbox/core/failure.hpp"
#include "worker/clock.hpp"

namespace rolecall::test {

enum class StepFate {
  done,
  refused,      // it does not happen, and the caller is told
  answer_lost,  // it happens, and the caller is told that nobody knows
};

class Steps {
 public:
  explicit Steps(Clock& clock) : clock_(clock) {}

  // Asked at the beginning of each step, with its number and name.
  std::function<StepFate(int, const std::string&)> fate = [](int, const std::string&) {
    return StepFate::done;
  };
  // Called when a step has been applied and not yet answered.
  std::function<void(int, const std::string&)> applied = [](int, const std::string&) {};
  Millis latency{1};
  // How long the answer to a step takes to come back.
  std::function<Millis(const std::string&)> way_back = [this](const std::string&) {
    return latency;
  };

  // begin: a step's first half of the way; end: its way back.
  struct Step {
    int number;
    StepFate fate;
  };
  Task<Step> begin(std::string name) {
    const int number = static_cast<int>(log_.size());
    log_.push_back(name);
    const StepFate f = fate(number, name);
    co_await travel(latency);
    co_return Step{number, f};
  }
  Task<void> end(Step step) {
    const std::string name = log_[static_cast<std::size_t>(step.number)];
    applied(step.number, name);
    co_await travel(way_back(name));
  }

  int taken() const { return static_cast<int>(log_.size()); }
  const std::vector<std::string>& log() const { return log_; }
  int count(const std::string& name) const {
    return static_cast<int>(std::count(log_.begin(), log_.end(), name));
  }

 private:
  Task<void> travel(Millis span) {
    const auto timer = clock_.make_timer();
    co_await timer->wait_until(clock_.now() + span);
  }

  Clock& clock_;
  std::vector<std::string> log_{};
};

inline Failure unavailable() {
  return Failure{.kind = FailureClass::unavailable, .code = "08006", .detail = "scripted"};
}
inline Failure in_doubt() {
  return Failure{.kind = FailureClass::in_doubt, .code = "08007", .detail = "scripted"};
}

}  // namespace rolecall::test
