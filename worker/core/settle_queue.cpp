#include "worker/core/settle_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rolecall {
namespace {

bool store_is_away(const Failure& failure) {
  return failure.kind == FailureClass::unavailable || failure.kind == FailureClass::in_doubt;
}

}  // namespace

SettleQueue::SettleQueue(const Limits& limits)
    : limits_(limits),
      batch_limit_(static_cast<std::size_t>(limits.settle_batch)),
      pace_(Millis{limits.store_retry_first_ms}, Millis{limits.store_retry_last_ms}) {}

SettleNext SettleQueue::next(Instant now) {
  SettleNext next;
  if (waiting_.empty() || !out_.empty()) return next;
  const auto first = std::min_element(
      waiting_.begin(), waiting_.end(),
      [](const SettleEntry& a, const SettleEntry& b) { return a.ready_at < b.ready_at; });
  if (const Instant ready = std::max(first->ready_at, pause_until_); ready > now) {
    next.look_again = ready;
    for (const SettleEntry& entry : waiting_)
      if (entry.tries > 0 && end_of(entry) > now)
        next.look_again = std::min(*next.look_again, end_of(entry));
    return next;
  }
  next.worker = first->worker;
  std::deque<SettleEntry> rest;
  std::swap(*waiting_.begin(), *first);  // whatever made the batch due is in it
  for (SettleEntry& entry : waiting_) {
    if (entry.worker == next.worker && out_.size() < batch_limit_) {
      ++entry.tries;
      next.batch.push_back(entry.settlement);
      out_.push_back(std::move(entry));
    } else {
      rest.push_back(std::move(entry));
    }
  }
  waiting_ = std::move(rest);
  return next;
}

std::vector<SettleEnd> SettleQueue::answered(Instant now, const std::vector<Settled>& answers) {
  std::vector<SettleEnd> ends;
  pace_.succeeded();
  batch_limit_ = std::min(batch_limit_ * 2, static_cast<std::size_t>(limits_.settle_batch));
  for (std::size_t i = 0; i < out_.size(); ++i) {
    SettleEntry& entry = out_[i];
    const SettleResult result = answers[i].result;
    if (result == SettleResult::busy) {
      const int doublings = std::min(entry.tries - 1, 10);
      const Millis pause{limits_.settle_busy_ms * (1 << doublings)};
      entry.ready_at = now + std::min(pause, Millis{limits_.settle_busy_last_ms});
      waiting_.push_back(entry);
    }
    ends.push_back({std::move(entry), result});
  }
  out_.clear();
  return ends;
}

void SettleQueue::failed(Instant now, const Failure& failure, double fraction) {
  const Instant again = pace_.failed(now, fraction);
  if (store_is_away(failure)) {
    pause_until_ = again;
  } else {
    batch_limit_ = std::max<std::size_t>(1, out_.size() / 2);
    if (out_.size() == 1) out_.front().ready_at = again;
  }
  std::move(out_.begin(), out_.end(), std::back_inserter(waiting_));
  out_.clear();
}

std::vector<SettleEntry> SettleQueue::expired(Instant now) {
  std::vector<SettleEntry> over;
  std::deque<SettleEntry> kept;
  for (SettleEntry& entry : waiting_) {
    if (entry.tries > 0 && now >= end_of(entry))
      over.push_back(std::move(entry));
    else
      kept.push_back(std::move(entry));
  }
  waiting_ = std::move(kept);
  return over;
}

Instant SettleQueue::end_of(const SettleEntry& entry) const {
  return finish_by_ ? std::min(entry.lease_end, *finish_by_) : entry.lease_end;
}

}  // namespace rolecall
