// engine.hpp -- one worker: takes in, leases, delivers, settles, reads back and reduces.
// Owns:    its coroutines. Ports belong to the caller and outlive the executor's pending work.
// Thread:  one single-threaded executor, for every call and every completion.
// Fails:   never; a store out of reach is waited out, and every failure is a trace event.
// Never:   decides (worker/core does), reads wall time, or sends without lease and live session.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>

#include "outbox/core/trace.hpp"
#include "outbox/reconcile_store.hpp"
#include "outbox/store.hpp"
#include "worker/clock.hpp"
#include "worker/core/limits.hpp"
#include "worker/core/workflow.hpp"
#include "worker/random.hpp"
#include "worker/transport.hpp"

namespace rolecall {

struct EnginePorts {
  Store& store;
  Clock& clock;
  Transport& transport;
  Random& random;
  const Workflows& workflows;
  Observer& observer;
  boost::asio::any_io_executor executor;
  ReconcileStore* reconciliation = nullptr;  // none: this worker does not reconcile
};

struct EngineStatus {
  std::optional<WorkerId> worker{};  // none: there is no session
  bool session_good = false;         // proved alive recently enough to send
  bool draining = false;
  bool sleeping = false;
  int deliveries = 0;  // in flight
  int unsettled = 0;   // results on their way to the store
  int reads = 0;       // in flight
  ProviderMode provider = ProviderMode::up;
  std::optional<Instant> store_failing_since{};  // none: its last answer was one
};

class Engine {
 public:
  // `session` is what worker_sessions shows of this process.
  Engine(EnginePorts ports, Limits limits, SessionRequest session = {});
  // Ends everything as kill() does; before the executor's context goes. Coroutines that still wait
  // for a port keep alive what they need.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Until drained or killed, and everything that it started has ended. Once.
  Task<void> run();

  // Stop leasing; calls in flight finish, the rest is given back, the session is closed.
  void drain();
  // As if the process died: no further store call, transport call or trace event from now on.
  // run() returns as soon as the calls that are in flight have come back.
  void kill();
  // Something may be due: look at once.
  void notify();
  // A webhook announced this event: pull, and look for it until the stream shows it.
  void pull_soon(std::string event_id);

  EngineStatus status() const;

 private:
  struct Core;
  std::shared_ptr<Core> core_;
};

}  // namespace rolecall
