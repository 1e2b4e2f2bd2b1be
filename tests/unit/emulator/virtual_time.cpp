// virtual_time.cpp -- see virtual_time.hpp.
#include "tests/unit/emulator/virtual_time.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace rolecall::emulator {

class VirtualTimer final : public Timer {
 public:
  explicit VirtualTimer(VirtualTime& time) : time_(time), signal_(time.context_) {
    signal_.expires_at(std::chrono::steady_clock::time_point::max());
  }
  ~VirtualTimer() override { forget(); }

  Task<void> wait_until(Instant when) override {
    if (!cancelled_ && when > time_.now()) {
      time_.waiting_.emplace(when, this);
      co_await signal_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      forget();
    }
    cancelled_ = false;
  }
  void cancel() override {
    cancelled_ = true;
    ring();
  }
  void ring() { signal_.cancel(); }

 private:
  void forget() {
    std::erase_if(time_.waiting_, [this](const auto& entry) { return entry.second == this; });
  }

  VirtualTime& time_;
  boost::asio::steady_timer signal_;
  bool cancelled_ = false;
};

std::unique_ptr<Timer> VirtualTime::make_timer() {
  return std::make_unique<VirtualTimer>(*this);
}

void VirtualTime::run() {
  for (;;) {
    context_.restart();
    while (context_.poll() > 0) {
    }
    if (waiting_.empty()) return;
    const auto next = waiting_.begin();
    now_ = std::max(now_, next->first);
    VirtualTimer* timer = next->second;
    waiting_.erase(next);
    timer->ring();
  }
}

}  // namespace rolecall::emulator
