// engine_state.hpp -- what the coroutines of one engine share: ports, machines, wake-ups.
// Owns:    the machines of worker/core, and one timer for each loop that waits.
// Thread:  the engine's executor.
// Fails:   never.
// Never:   speaks once stopped: no event, and no port is called by whoever asks stopped() first.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "worker/core/call_line.hpp"
#include "worker/core/provider_tally.hpp"
#include "worker/core/scheduler.hpp"
#include "worker/core/session_watch.hpp"
#include "worker/core/settle_queue.hpp"
#include "worker/engine/engine.hpp"
#include "worker/engine/statement_rows.hpp"
#include "worker/engine/task_group.hpp"

namespace rolecall {

// Who waits for a turn to call, under one rate class.
struct CallersWaiting {
  CallersWaiting(const Limits& limits, Clock& clock) : line(limits), pulse(clock.make_timer()) {}
  CallLine line;
  std::unique_ptr<Timer> pulse;
  std::map<CallLine::Ticket, Timer*> callers{};
};

struct EngineState {
  EngineState(EnginePorts ports, Limits limits, SessionRequest session);

  EnginePorts ports;
  const Limits limits;
  const SessionRequest session;

  Scheduler scheduler;
  SessionWatch watch;
  SettleQueue queue;
  ProviderTally tally;
  TaskGroup tasks;

  std::vector<CallersWaiting> lines{};  // by RateClass
  CallersWaiting& waiting(RateClass c) { return lines.at(static_cast<std::size_t>(c)); }

  std::unique_ptr<Timer> dispatcher_pulse;
  std::unique_ptr<Timer> keeper_pulse;
  std::unique_ptr<Timer> settler_pulse;
  std::unique_ptr<Timer> partitions_pulse;
  std::unique_ptr<Timer> puller_pulse;
  std::unique_ptr<Timer> reconciler_pulse;

  bool killed = false;
  bool closing = false;  // everything is settled: the loops end
  std::optional<Instant> drain_end{};
  bool leasing = false;  // a lease statement is out
  int deliveries = 0;
  int reads = 0;
  bool asleep = false;    // as the trace was told
  bool notified = false;  // since then
  ProviderMode provider = ProviderMode::up;
  std::optional<Instant> store_failing_since{};
  std::optional<Instant> pull_at{};      // the store is asked for the pull then; none: it is off
  std::vector<std::string> announced{};  // events that webhooks told of, not yet told the store
  bool pulling = false;
  std::optional<Instant> reconcile_at{};  // as pull_at
  bool reconciling = false;

  Instant now() const { return ports.clock.now(); }
  double chance() { return ports.random.fraction(); }
  bool stopped() const { return killed; }
  bool busy() const {
    return leasing || deliveries + reads > 0 || pulling || reconciling || queue.size() > 0;
  }
  Situation situation() const;

  // Fills in the time and, where the event names none, the worker.
  void emit(TraceEvent event) const;
  void provider_is(ProviderMode mode, std::string_view detail);
  // The pull is due then, or sooner.
  void pull_soon(Millis in);
  void reconcile_soon(Millis in);
  // The session is over: say so once, and let the keeper open another.
  void lose_session(std::string_view why);
  // Every coroutine that waits looks again.
  void wake_all();
  // Whoever waits for a turn to call gives up, or is refused.
  void wake_callers();

  // One store call, measured and told to the observer. Call it with a call that was just made:
  //   const Instant asked = state.now();
  //   const auto rows = co_await state.timed("take_in", state.ports.store.take_in(limit));
  //   if (state.stopped()) co_return;
  template <class T>
  Task<Result<T>> timed(std::string_view name, Task<Result<T>> call) {
    const Instant asked = now();
    Result<T> answer = co_await std::move(call);
    std::optional<Failure> failure;
    if (!answer) failure = answer.error();
    statement_ended(name, asked, failure ? 0 : rows_of(answer), failure);
    co_return answer;
  }

 private:
  void statement_ended(std::string_view name, Instant asked, std::int64_t rows,
                       const std::optional<Failure>& failure);
};

}  // namespace rolecall
