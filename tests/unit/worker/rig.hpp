// rig.hpp -- one engine between a scripted store and a scripted transport, on a manual clock.
// Owns:    everything that a test of the engine needs, in the order in which it must end.
// Thread:  the test's.
// Fails:   never by itself.
// Never:   sleeps.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "tests/unit/worker/manual_clock.hpp"
#include "tests/unit/worker/plain_workflows.hpp"
#include "tests/unit/worker/scripted_transport.hpp"
#include "worker/engine/engine.hpp"

namespace rolecall::test {

class HalfwayRandom final : public Random {
 public:
  double fraction() override { return 0.5; }
};

class Recorder final : public Observer {
 public:
  void on(const TraceEvent& event) override { events.push_back(event); }
  int count(Trace what) const {
    return static_cast<int>(
        std::count_if(events.begin(), events.end(), [&](const auto& e) { return e.what == what; }));
  }
  // The newest of its kind; an empty one if there is none.
  TraceEvent last(Trace what) const {
    TraceEvent found{.what = what};
    for (const TraceEvent& e : events)
      if (e.what == what) found = e;
    return found;
  }
  std::vector<TraceEvent> events{};
};

class Rig {
 public:
  explicit Rig(Limits l = {}) : limits(l) { make_engine(); }

  void make_engine() {
    engine = std::make_unique<Engine>(EnginePorts{store, clock, transport, random, workflows, trace,
                                                  context.get_executor(), reconciliation},
                                      limits);
    ended = std::make_shared<bool>(false);
  }
  void start() {
    boost::asio::co_spawn(context, engine->run(), [flag = ended](std::exception_ptr thrown) {
      if (thrown) std::rethrow_exception(thrown);
      *flag = true;
    });
  }
  void pass(Millis span) { clock.run_until(clock.now() + span); }
  template <class Done>
  bool until(Done done, Millis at_most = std::chrono::seconds{60}) {
    return clock.run_until(done, clock.now() + at_most);
  }
  bool until_delivered() {
    return until([this] { return store.all_delivered(); });
  }
  bool until_ended() {
    return until([this] { return *ended; });
  }

  Limits limits;
  boost::asio::io_context context{1};
  ManualClock clock{context};
  Steps steps{clock};
  ScriptedStore store{clock, steps};
  ScriptedTransport transport{clock, steps, store};
  HalfwayRandom random{};
  PlainWorkflows workflows{};
  Recorder trace{};
  ReconcileStore* reconciliation = nullptr;  // before make_engine()
  std::unique_ptr<Engine> engine{};
  std::shared_ptr<bool> ended{};
};

}  // namespace rolecall::test
