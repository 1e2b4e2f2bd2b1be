#include "worker/core/limits.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace rolecall {
namespace {

// Others may free our rows this long after our session ended (outbox/sql/functions: rescue).
constexpr int kRescueGraceMs = 750;

struct Named {
  std::string_view name;
  int value;
};

class Complaints {
 public:
  void positive(Named n) {
    if (n.value < 1) list_.push_back(fmt::format("{} ({}) must be at least 1", n.name, n.value));
  }
  void at_most(Named small, Named large) {
    if (small.value > large.value)
      list_.push_back(fmt::format("{} ({}) must be at most {} ({})", small.name, small.value,
                                  large.name, large.value));
  }
  void below(Named small, Named large) {
    if (small.value >= large.value)
      list_.push_back(fmt::format("{} ({}) must be below {} ({})", small.name, small.value,
                                  large.name, large.value));
  }
  std::vector<std::string> take() { return std::move(list_); }

 private:
  std::vector<std::string> list_;
};

void each_positive(const Limits& l, Complaints& c) {
  for (const Named& n : {Named{"lease_time_ms", l.lease_time_ms},
                         {"call_deadline_ms", l.call_deadline_ms},
                         {"settle_margin_ms", l.settle_margin_ms},
                         {"concurrency", l.concurrency},
                         {"token_late_ms", l.token_late_ms},
                         {"throttle_pause_ms", l.throttle_pause_ms},
                         {"leases_without_result", l.leases_without_result},
                         {"intake_batch", l.intake_batch},
                         {"intake_rounds", l.intake_rounds},
                         {"lease_batch", l.lease_batch},
                         {"settle_batch", l.settle_batch},
                         {"wake_batch", l.wake_batch},
                         {"reduce_batch", l.reduce_batch},
                         {"reduce_batch_busy", l.reduce_batch_busy},
                         {"poll_ms", l.poll_ms},
                         {"rescue_ms", l.rescue_ms},
                         {"idle_chore_ms", l.idle_chore_ms},
                         {"chore_pause_ms", l.chore_pause_ms},
                         {"lease_pause_ms", l.lease_pause_ms},
                         {"maintain_ms", l.maintain_ms},
                         {"partitions_ms", l.partitions_ms},
                         {"read_starved_ms", l.read_starved_ms},
                         {"sleep_refused_ms", l.sleep_refused_ms},
                         {"session_check_ms", l.session_check_ms},
                         {"session_idle_check_ms", l.session_idle_check_ms},
                         {"store_retry_first_ms", l.store_retry_first_ms},
                         {"settle_busy_ms", l.settle_busy_ms},
                         {"backoff_first_ms", l.backoff_first_ms},
                         {"dependency_first_ms", l.dependency_first_ms},
                         {"drain_ms", l.drain_ms},
                         {"drain_call_ms", l.drain_call_ms}})
    c.positive(n);
}

}  // namespace

std::vector<std::string> problems(const Limits& l) {
  Complaints c;
  each_positive(l, c);
  c.at_most({"call_deadline_ms + settle_margin_ms", l.call_deadline_ms + l.settle_margin_ms},
            {"lease_time_ms", l.lease_time_ms});
  c.below({"poll_ms", l.poll_ms}, {"lease_time_ms", l.lease_time_ms});
  c.at_most({"rescue_ms", l.rescue_ms}, {"poll_ms", l.poll_ms});
  c.at_most({"sleep_refused_ms", l.sleep_refused_ms},
            {"sleep_refused_total_ms", l.sleep_refused_total_ms});
  c.below({"session_check_ms", l.session_check_ms}, {"session_young_ms", l.session_young_ms});
  c.below({"session_young_ms", l.session_young_ms}, {"session_answer_ms", l.session_answer_ms});
  c.below({"session_answer_ms", l.session_answer_ms}, {"session_lost_ms", l.session_lost_ms});
  c.below({"session_answer_ms", l.session_answer_ms}, {"the rescue grace", kRescueGraceMs});
  c.at_most({"store_retry_first_ms", l.store_retry_first_ms},
            {"store_retry_last_ms", l.store_retry_last_ms});
  c.at_most({"settle_busy_ms", l.settle_busy_ms}, {"settle_busy_last_ms", l.settle_busy_last_ms});
  c.at_most({"backoff_first_ms", l.backoff_first_ms}, {"backoff_last_ms", l.backoff_last_ms});
  c.at_most({"dependency_first_ms", l.dependency_first_ms},
            {"dependency_last_ms", l.dependency_last_ms});
  c.at_most({"call_deadline_ms", l.call_deadline_ms}, {"drain_ms", l.drain_ms});
  c.at_most({"drain_call_ms", l.drain_call_ms}, {"call_deadline_ms", l.call_deadline_ms});
  return c.take();
}

}  // namespace rolecall
