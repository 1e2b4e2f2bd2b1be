#include "worker/core/call_line.hpp"

#include <algorithm>

namespace rolecall {

CallLine::CallLine(const Limits& limits)
    : late_(limits.token_late_ms),
      pace_(Millis{limits.store_retry_first_ms}, Millis{limits.store_retry_last_ms}) {}

CallLine::Ticket CallLine::join(int priority) {
  line_.emplace(priority, ++last_);
  return last_;
}

void CallLine::leave(Ticket ticket) {
  std::erase_if(line_, [ticket](const auto& one) { return one.second == ticket; });
}

CallLine::Next CallLine::next(Instant now) {
  Next next;
  if (line_.empty()) return next;
  if (now < quiet_until_) {
    next.look_again = quiet_until_;
    return next;
  }
  // A token used late would meet the one behind it: WorkOS would see a burst.
  while (!tokens_.empty() && tokens_.front() + late_ < now) tokens_.pop_front();
  while (!tokens_.empty() && tokens_.front() <= now && !line_.empty()) {
    next.turns.push_back(line_.begin()->second);
    line_.erase(line_.begin());
    tokens_.pop_front();
  }
  if (line_.size() > tokens_.size() && !asked_) {
    if (now >= ask_after_) {
      next.ask = static_cast<int>(line_.size() - tokens_.size());
      asked_ = true;
    } else {
      next.look_again = ask_after_;
    }
  }
  if (!line_.empty() && !tokens_.empty())
    next.look_again = std::min(next.look_again.value_or(tokens_.front()), tokens_.front());
  return next;
}

void CallLine::granted(Instant now, const TokenBlock& block) {
  asked_ = false;
  pace_.succeeded();
  if (std::exchange(void_, false)) return;
  Instant at = now + block.first_in;
  for (int i = 0; i < block.tokens; ++i, at += block.every) tokens_.push_back(at);
  if (block.tokens == 0) ask_after_ = now + std::max(block.ask_again, Millis{1});
}

void CallLine::failed(Instant now, double fraction) {
  asked_ = false;
  void_ = false;
  ask_after_ = pace_.failed(now, fraction);
}

void CallLine::throttled(Instant now, Millis pause) {
  tokens_.clear();
  void_ = asked_;
  quiet_until_ = std::max(quiet_until_, now + pause);
}

}  // namespace rolecall
