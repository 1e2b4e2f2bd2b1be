#include "worker/net/asio_clock.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <ctime>
#include <utility>

namespace rolecall {
namespace {

using Micros = std::chrono::microseconds;

// The monotonic clock stands still while the machine sleeps, and a lease does not.
Instant since_boot() {
  std::timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return Instant{std::chrono::seconds{now.tv_sec} +
                 std::chrono::duration_cast<Micros>(std::chrono::nanoseconds{now.tv_nsec})};
}

// A wait for the end of time must not overflow the timer's nanoseconds.
Micros span_until(Instant when) {
  constexpr Micros kFarthest = std::chrono::years{100};
  const Instant now = since_boot();
  return when - Instant{} > kFarthest ? kFarthest : std::max(when - now, Micros{0});
}

class AsioTimer final : public Timer {
 public:
  explicit AsioTimer(const boost::asio::any_io_executor& executor)
      : state_(std::make_shared<State>(executor)) {}
  ~AsioTimer() override { state_->timer.cancel(); }

  Task<void> wait_until(Instant when) override {
    auto state = state_;
    if (!std::exchange(state->cancelled, false)) {
      state->timer.expires_after(span_until(when));
      co_await state->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      state->cancelled = false;
    }
  }

  void cancel() override {
    state_->cancelled = true;
    state_->timer.cancel();
  }

 private:
  struct State {
    explicit State(const boost::asio::any_io_executor& executor) : timer(executor) {}
    boost::asio::steady_timer timer;
    bool cancelled = false;
  };
  std::shared_ptr<State> state_;
};

}  // namespace

AsioClock::AsioClock(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

Instant AsioClock::now() const {
  return since_boot();
}

std::unique_ptr<Timer> AsioClock::make_timer() {
  return std::make_unique<AsioTimer>(executor_);
}

}  // namespace rolecall
