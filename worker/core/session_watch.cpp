#include "worker/core/session_watch.hpp"

#include <algorithm>

namespace rolecall {

SessionWatch::SessionWatch(const Limits& limits)
    : limits_(limits),
      open_at_(Instant::min()),
      open_pace_(Millis{limits.store_retry_first_ms}, Millis{limits.store_retry_last_ms}) {}

SessionWatch::Next SessionWatch::next(Instant now, bool busy) const {
  if (!worker_) {
    if (now >= open_at_) return {Step::open, now};
    return {Step::wait, open_at_};
  }
  if (unproved_since_ && now - *unproved_since_ >= Millis{limits_.session_lost_ms})
    return {Step::give_up, now};
  const bool often = busy || unproved_since_;
  const Instant check =
      last_asked_ + Millis{often ? limits_.session_check_ms : limits_.session_idle_check_ms};
  if (now >= check) return {Step::verify, now};
  return {Step::wait, check};
}

void SessionWatch::opened(WorkerId worker, Instant asked_at) {
  worker_ = worker;
  proved_at_ = asked_at;
  last_asked_ = asked_at;
  unproved_since_.reset();
  open_pace_.succeeded();
}

void SessionWatch::open_failed(Instant now, double fraction) {
  open_at_ = open_pace_.failed(now, fraction);
}

void SessionWatch::asked(Instant now) {
  last_asked_ = now;
  if (!unproved_since_) unproved_since_ = now;
}

bool SessionWatch::verified(WorkerId worker, Instant asked_at, bool alive) {
  if (worker_ != worker) return true;  // an answer about a session that we gave up already
  if (!alive) return false;
  proved_at_ = std::max(proved_at_, asked_at);
  unproved_since_.reset();
  return true;
}

void SessionWatch::lose() {
  worker_.reset();
  unproved_since_.reset();
  open_at_ = Instant::min();
}

bool SessionWatch::good(WorkerId worker, Instant now) const {
  return worker_ == worker && now - proved_at_ <= Millis{limits_.session_answer_ms};
}

bool SessionWatch::young(Instant now) const {
  return worker_ && now - proved_at_ <= Millis{limits_.session_young_ms};
}

}  // namespace rolecall
