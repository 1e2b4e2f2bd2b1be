#include "worker/net/asio_clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace rolecall {
namespace {

using SteadyClock = std::chrono::steady_clock;

SteadyClock::time_point to_steady(Instant when) {
  // A wait for the end of time must not overflow the nanoseconds of the steady clock.
  constexpr auto kFarthest = std::chrono::duration_cast<std::chrono::microseconds>(
      SteadyClock::time_point::max().time_since_epoch());
  return SteadyClock::time_point{std::min(when.time_since_epoch(), kFarthest)};
}

class AsioTimer final : public Timer {
 public:
  explicit AsioTimer(const boost::asio::any_io_executor& executor)
      : state_(std::make_shared<State>(executor)) {}
  ~AsioTimer() override { state_->timer.cancel(); }

  Task<void> wait_until(Instant when) override {
    auto state = state_;
    if (!std::exchange(state->cancelled, false)) {
      state->timer.expires_at(to_steady(when));
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
  return Instant{
      std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now().time_since_epoch())};
}

std::unique_ptr<Timer> AsioClock::make_timer() {
  return std::make_unique<AsioTimer>(executor_);
}

}  // namespace rolecall
