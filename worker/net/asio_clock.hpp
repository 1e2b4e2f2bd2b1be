// asio_clock.hpp -- the real clock: time since boot, the machine's sleep included; waits by Asio
// timers, which stand still in that sleep and so may be late.
// Owns:    nothing; a Timer owns its Asio timer, as long as something waits on it.
// Thread:  one executor, the one given.
// Fails:   never.
// Never:   tells wall time.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "worker/clock.hpp"

namespace rolecall {

class AsioClock final : public Clock {
 public:
  explicit AsioClock(boost::asio::any_io_executor executor);
  Instant now() const override;
  std::unique_ptr<Timer> make_timer() override;

 private:
  boost::asio::any_io_executor executor_;
};

}  // namespace rolecall
