// transport.hpp -- the emulator behind the engine's transport port, on any clock.
// Owns:    nothing; the world owns the emulator, and outlives every run of its executor.
// Thread:  the world's executor, one thread.
// Fails:   as the port says: transient when nothing left, in_doubt when there is no whole answer.
// Never:   loses a request because its caller is gone: what left is carried out, as on a real wire.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "tests/emulator/emulator.hpp"
#include "worker/clock.hpp"
#include "worker/transport.hpp"

namespace rolecall::emulator {

struct Latency {
  Millis least{0};
  Millis most{0};
};

// What all transports of one program share: one WorkOS, its time, and the way there and back.
struct EmulatorWorld {
  Emulator& emulator;
  Clock& clock;  // WorkOS's own
  boost::asio::any_io_executor executor;
  WallTime epoch{};  // wall time when the clock reads 0
  Latency there{};
  Latency back{};
  Chance chance{1};  // for the latencies

  WallTime now() const { return epoch + clock.now().time_since_epoch(); }
};

struct Caller {
  std::string name{};  // as the log calls it
  std::string api_key = "sk_test_emulator";
};

class EmulatorTransport final : public Transport {
 public:
  // Deadlines are read on `callers_clock`, which may be ahead of or behind the world's.
  EmulatorTransport(EmulatorWorld& world, Clock& callers_clock, Caller caller = {})
      : world_(world), clock_(callers_clock), caller_(std::move(caller)) {}

  Task<Result<HttpResponse>> send(HttpRequest request, Instant deadline,
                                  MayLeave may_leave = always) override;

 private:
  EmulatorWorld& world_;
  Clock& clock_;
  Caller caller_;
};

}  // namespace rolecall::emulator
