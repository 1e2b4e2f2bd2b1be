// virtual_time.hpp -- a clock that stands still while anything can run, then jumps on.
// Owns:    its timers' list.
// Thread:  the io_context's, one.
// Fails:   never.
// Never:   waits for real time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>

#include "worker/clock.hpp"

namespace rolecall::emulator {

class VirtualTime final : public Clock {
 public:
  explicit VirtualTime(boost::asio::io_context& context) : context_(context) {}
  Instant now() const override { return now_; }
  std::unique_ptr<Timer> make_timer() override;
  // Runs until nothing can run and nobody waits.
  void run();

 private:
  friend class VirtualTimer;
  boost::asio::io_context& context_;
  Instant now_{};
  std::multimap<Instant, class VirtualTimer*> waiting_{};
};

}  // namespace rolecall::emulator
