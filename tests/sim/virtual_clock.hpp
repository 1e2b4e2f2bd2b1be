// virtual_clock.hpp -- time that passes when nothing is left to do, and executors that can stop.
// Owns:    the run queue, the timers, and the work that stopped executors hold back.
// Thread:  one; it is the thread.
// Fails:   never.
// Never:   reads a real clock: the same calls give the same run.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "worker/clock.hpp"

namespace rolecall::sim {

using Micros = std::chrono::microseconds;

class VirtualTime {
 public:
  VirtualTime();
  VirtualTime(const VirtualTime&) = delete;
  VirtualTime& operator=(const VirtualTime&) = delete;

  Micros now() const { return now_; }
  boost::asio::io_context& context() { return context_; }

  // Does all ready work, then moves to the earliest timer and fires what is due there.
  // False: nothing is ahead.
  bool step();
  // Steps until the answer of `done` is true, nothing is ahead, or `limit` is passed; answers
  // `done()`.
  bool run(const std::function<bool()>& done, Micros limit);

  // `fire` is called at `when` from step(); the same moment fires in order of booking.
  using Booking = std::pair<Micros, std::uint64_t>;
  Booking book(Micros when, std::function<void()> fire);
  void unbook(const Booking& booking) { ahead_.erase(booking); }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Micros now_{0};
  std::uint64_t booked_ = 0;
  std::map<Booking, std::function<void()>> ahead_{};
};

// Work handed to one simulated process. Frozen, it keeps the work; thawed, it does it in order.
class Gate {
 public:
  explicit Gate(VirtualTime& time) : time_(time) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  bool frozen() const { return frozen_; }
  void freeze() { frozen_ = true; }
  void thaw();

  struct Work {
    virtual ~Work() = default;
    virtual void run() = 0;
  };
  void take(std::unique_ptr<Work> work);
  boost::asio::io_context& context() { return time_.context(); }

 private:
  void run_next();

  VirtualTime& time_;
  bool frozen_ = false;
  std::deque<std::unique_ptr<Work>> held_{};
};

// Asio's view of a gate.
class GateExecutor {
 public:
  explicit GateExecutor(Gate& gate) : gate_(&gate) {}

  boost::asio::execution_context& query(boost::asio::execution::context_t) const {
    return gate_->context();
  }
  static constexpr boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) {
    return boost::asio::execution::blocking.never;
  }
  template <class F>
  void execute(F work) const {
    struct Held final : Gate::Work {
      explicit Held(F f) : what(std::move(f)) {}
      void run() override { what(); }
      F what;
    };
    gate_->take(std::make_unique<Held>(std::move(work)));
  }
  bool operator==(const GateExecutor&) const noexcept = default;

 private:
  Gate* gate_;
};

// A process's own view of time: it began somewhere and runs a little fast or slow.
struct Skew {
  Micros offset{0};
  double rate = 1.0;
};

class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(VirtualTime& time, Skew skew = {}) : time_(time), skew_(skew) {}
  Instant now() const override;
  std::unique_ptr<Timer> make_timer() override;
  // What waits already waits as long as it would have.
  void step_ahead(Micros span) { skew_.offset += span; }

  // The first virtual moment at which now() is not before `when`.
  Micros moment_of(Instant when) const;

 private:
  VirtualTime& time_;
  Skew skew_;
};

}  // namespace rolecall::sim
