// manual_clock.hpp -- time that a test moves by hand, or from one timer to the next.
// Owns:    the waits; none of them looks at a real clock.
// Thread:  the test's.
// Fails:   never.
// Never:   sleeps.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>

#include "worker/clock.hpp"

namespace rolecall::test {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(boost::asio::io_context& context);
  ~ManualClock() override;

  Instant now() const override { return now_; }
  std::unique_ptr<Timer> make_timer() override;

  // Does what is ready, then moves to the next timer, until nothing is left before `end`.
  void run_until(Instant end);
  // The same, until `done` answers true; answers whether it did.
  template <class Done>
  bool run_until(Done done, Instant end) {
    while (!done()) {
      context_.restart();
      if (context_.poll_one() > 0) continue;
      if (!advance(end)) return done();
    }
    return true;
  }

  struct Wait;

 private:
  bool advance(Instant end);

  boost::asio::io_context& context_;
  Instant now_;
  struct Booking {
    std::weak_ptr<Wait> wait;
    int round = 0;  // which of the timer's waits
  };
  std::multimap<Instant, Booking> waits_{};
  friend class ManualTimer;
};

}  // namespace rolecall::test
