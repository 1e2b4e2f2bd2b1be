#include "tests/unit/worker/manual_clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace rolecall::test {

// A steady_timer that never expires serves as the place to wait in; the clock ends the wait.
struct ManualClock::Wait {
  explicit Wait(boost::asio::io_context& context)
      : place(context, boost::asio::steady_timer::time_point::max()) {}
  boost::asio::steady_timer place;
  bool cancelled = false;
  int round = 0;
};

class ManualTimer final : public Timer {
 public:
  explicit ManualTimer(ManualClock& clock)
      : clock_(clock), wait_(std::make_shared<ManualClock::Wait>(clock.context_)) {}

  Task<void> wait_until(Instant when) override {
    const auto wait = wait_;
    if (std::exchange(wait->cancelled, false) || when <= clock_.now_) co_return;
    clock_.waits_.emplace(when, ManualClock::Booking{wait, ++wait->round});
    co_await wait->place.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    wait->cancelled = false;
  }

  void cancel() override {
    wait_->cancelled = true;
    wait_->place.cancel();
  }

 private:
  ManualClock& clock_;
  std::shared_ptr<ManualClock::Wait> wait_;
};

ManualClock::ManualClock(boost::asio::io_context& context)
    : context_(context), now_(std::chrono::hours{1}) {}
ManualClock::~ManualClock() = default;

std::unique_ptr<Timer> ManualClock::make_timer() {
  return std::make_unique<ManualTimer>(*this);
}

void ManualClock::run_until(Instant end) {
  run_until([] { return false; }, end);
  now_ = std::max(now_, end);
}

bool ManualClock::advance(Instant end) {
  while (!waits_.empty()) {
    const auto first = waits_.begin();
    if (first->first > end) return false;
    const Instant when = first->first;
    const auto wait = first->second.wait.lock();
    const bool over = !wait || wait->round != first->second.round;
    waits_.erase(first);
    if (over || wait->place.cancel() == 0) continue;  // it ended otherwise
    now_ = std::max(now_, when);
    return true;
  }
  return false;
}

}  // namespace rolecall::test
