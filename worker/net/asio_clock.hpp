// asio_clock.hpp -- the real clock: the machine's monotonic one, waits by Asio timers.
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
