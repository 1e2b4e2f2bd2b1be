#include "tests/sim/virtual_clock.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>
#include <optional>
#include <utility>

namespace rolecall::sim {
namespace asio = boost::asio;

VirtualTime::VirtualTime() : work_(asio::make_work_guard(context_)) {}

bool VirtualTime::step() {
  context_.poll();
  if (ahead_.empty()) return false;
  const Micros moment = ahead_.begin()->first.first;
  if (moment > now_) now_ = moment;
  while (!ahead_.empty() && ahead_.begin()->first.first <= now_) {
    const auto fire = std::move(ahead_.begin()->second);
    ahead_.erase(ahead_.begin());
    fire();
    context_.poll();
  }
  return true;
}

bool VirtualTime::run(const std::function<bool()>& done, Micros limit) {
  context_.poll();
  while (!done()) {
    if (ahead_.empty() || ahead_.begin()->first.first > limit) return false;
    step();
  }
  return true;
}

VirtualTime::Booking VirtualTime::book(Micros when, std::function<void()> fire) {
  const Booking booking{std::max(when, now_), ++booked_};
  ahead_.emplace(booking, std::move(fire));
  return booking;
}

// Each piece of work is one entry of the run queue, looked at again when its turn comes: a process
// that was frozen meanwhile does not do it.
void Gate::take(std::unique_ptr<Work> work) {
  held_.push_back(std::move(work));
  if (!frozen_) asio::post(context(), [this] { run_next(); });
}

void Gate::run_next() {
  if (frozen_ || held_.empty()) return;
  const auto work = std::move(held_.front());
  held_.pop_front();
  work->run();
}

void Gate::thaw() {
  if (!std::exchange(frozen_, false)) return;
  for (std::size_t n = 0; n < held_.size(); ++n) asio::post(context(), [this] { run_next(); });
}

namespace {

// A coroutine that waits, whatever its handler's type is.
struct Waiter {
  virtual ~Waiter() = default;
  virtual void resume() = 0;
};

template <class Handler>
struct WaiterOf final : Waiter {
  explicit WaiterOf(Handler h) : handler(std::move(h)) {}
  void resume() override {
    const auto executor = asio::get_associated_executor(handler);
    asio::post(executor, std::move(handler));
  }
  Handler handler;
};

class VirtualTimer final : public Timer {
 public:
  VirtualTimer(VirtualTime& time, const VirtualClock& clock) : time_(time), clock_(clock) {}
  VirtualTimer(const VirtualTimer&) = delete;
  VirtualTimer& operator=(const VirtualTimer&) = delete;
  ~VirtualTimer() override { forget(); }

  Task<void> wait_until(Instant when) override {
    return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [this, when](auto handler) { begin(when, std::move(handler)); }, asio::use_awaitable);
  }

  void cancel() override {
    if (waiter_)
      finish();
    else
      cancelled_ = true;
  }

 private:
  template <class Handler>
  void begin(Instant when, Handler handler) {
    slot_ = asio::get_associated_cancellation_slot(handler);
    if (slot_.is_connected()) slot_.assign([this](asio::cancellation_type) { finish(); });
    waiter_ = std::make_unique<WaiterOf<Handler>>(std::move(handler));
    if (std::exchange(cancelled_, false)) return finish();
    booking_ = time_.book(clock_.moment_of(when), [this] { finish(); });
  }

  void finish() {
    forget();
    if (slot_.is_connected()) slot_.clear();
    if (const auto waiter = std::exchange(waiter_, nullptr)) waiter->resume();
  }

  void forget() {
    if (booking_) time_.unbook(*booking_);
    booking_.reset();
  }

  VirtualTime& time_;
  const VirtualClock& clock_;
  std::unique_ptr<Waiter> waiter_{};
  asio::cancellation_slot slot_{};
  std::optional<VirtualTime::Booking> booking_{};
  bool cancelled_ = false;
};

}  // namespace

Instant VirtualClock::now() const {
  const double passed = static_cast<double>(time_.now().count()) * skew_.rate;
  return Instant{Micros{std::llround(passed)} + skew_.offset};
}

Micros VirtualClock::moment_of(Instant when) const {
  // A wait for the end of time stays ahead for ever.
  constexpr double kFarthest = 4e18;
  const auto span = static_cast<double>(when.time_since_epoch().count()) -
                    static_cast<double>(skew_.offset.count());
  const double moment = std::ceil(span / skew_.rate) + 1.0;
  return moment >= kFarthest ? Micros{static_cast<std::int64_t>(kFarthest)}
                             : Micros{static_cast<std::int64_t>(std::max(moment, 0.0))};
}

std::unique_ptr<Timer> VirtualClock::make_timer() {
  return std::make_unique<VirtualTimer>(time_, *this);
}

}  // namespace rolecall::sim
