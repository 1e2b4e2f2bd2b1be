#include "worker/engine/event_puller.hpp"

#include <fmt/format.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>
#include <variant>

#include "worker/core/pacing.hpp"
#include "worker/engine/calls.hpp"
#include "worker/engine/session_keeper.hpp"
#include "worker/engine/turns.hpp"

namespace rolecall {
namespace {

constexpr int kPullPriority = 0;  // one call at a time, and all that comes in waits for it

// Of an event that waits to be recorded a kilobyte is in memory, and less than that as JSON.
constexpr std::ptrdiff_t kEventsAhead = 1000;

enum class Pulled { all, failed, lost };  // lost: to another worker, or the engine ends

// None: the call was refused, or the engine stopped.
Task<std::optional<PullEnd>> fetch_page(EngineState& state, const PullTask& task, WorkerId worker) {
  // An idle worker proves its session rarely, and nothing is sent under an old proof.
  if (!state.watch.young(state.now()) && !co_await check_session(state)) co_return std::nullopt;
  const auto workflow = state.ports.workflows.pull(task);
  Caller caller;
  caller.worker = worker;
  caller.about = {.what = Trace::call_started, .kind = "events.pull"};
  caller.taken_while_up = state.provider == ProviderMode::up;
  caller.priority = kPullPriority;
  PullStep step = workflow->start();
  while (auto* next = std::get_if<Call>(&step)) {
    const RateClass rate_class = next->rate_class;
    const auto called = co_await call(state, caller, std::move(next->request), rate_class);
    if (!called) co_return std::nullopt;
    caller.under_way = true;
    step = workflow->resume(called->answer);
    if (const auto* end = std::get_if<PullEnd>(&step);
        end != nullptr && !end->page && end->page.error().kind == FailureClass::throttled)
      throttled(state, rate_class, end->page.error().retry_after);
  }
  co_return std::get<PullEnd>(std::move(step));
}

void tell_page(EngineState& state, const PulledPage& page, const RecordedPage& recorded) {
  TraceEvent pulled{.what = Trace::events_pulled};
  pulled.code = page.end ? "end" : "page";
  pulled.count = std::ssize(page.events);
  state.emit(std::move(pulled));
  for (const AppliedEvents& applied : recorded.applied) {
    TraceEvent event{.what = Trace::event_applied};
    event.kind = applied.type;
    event.code = applied.outcome;
    event.count = applied.count;
    state.emit(std::move(event));
  }
}

Task<void> give_up(EngineState& state, WorkerId worker, Failure failure, bool gap, Millis retry) {
  TraceEvent event{.what = Trace::pull_failed};
  event.code = failure.code;
  event.detail = failure.detail;
  event.failure = failure.kind;
  event.http_status = failure.http_status;
  event.request_id = failure.request_id;
  state.emit(std::move(event));
  failure.detail = fmt::format("{} {}: {}", name_of(failure.kind), failure.code, failure.detail);
  co_await state.timed("fail_pull",
                       state.ports.store.fail_pull(worker, std::move(failure), gap, retry));
}

PullTask task_after(PullTask task, const PulledPage& page) {
  task.after = page.last_id;
  task.after_at = page.last_at;
  task.roles_due = task.roles_due && !page.roles;
  task.refused_types.insert(task.refused_types.end(), page.refused_types.begin(),
                            page.refused_types.end());
  return task;
}

// What came while another was recorded, as one page.
void append(PulledPage& page, PulledPage more) {
  page.events.insert(page.events.end(), std::make_move_iterator(more.events.begin()),
                     std::make_move_iterator(more.events.end()));
  page.last_id = std::move(more.last_id);
  page.last_at = std::move(more.last_at);
  page.refused_types.insert(page.refused_types.end(), more.refused_types.begin(),
                            more.refused_types.end());
  page.roles = std::move(more.roles);
}

// The next page, and those after it while one is recorded; none after the environment's roles were
// read, for they are as new as the events. Of a call that fails nothing is told unless it is the
// first: it is made again.
Task<std::optional<PullEnd>> fetch_ahead(EngineState& state, PullTask task, WorkerId worker,
                                         const bool& recorded) {
  auto fetched = co_await fetch_page(state, task, worker);
  if (!fetched || !fetched->page || fetched->page->end) co_return fetched;
  PulledPage& page = *fetched->page;
  task = task_after(std::move(task), page);
  while (!recorded && !page.roles && std::ssize(page.events) < kEventsAhead && !state.stopped() &&
         !state.drain_end) {
    auto more = co_await fetch_page(state, task, worker);
    if (!more || !more->page || more->page->end) break;
    task = task_after(std::move(task), *more->page);
    append(page, *std::move(more->page));
  }
  co_return fetched;
}

// The reducer does not wait for the call that is under way meanwhile.
Task<Result<RecordedPage>> record(EngineState& state, WorkerId worker, const PullTask& task,
                                  const PulledPage& page, bool& is_recorded) {
  auto recorded =
      co_await state.timed("record_events", state.ports.store.record_events(worker, task, page));
  is_recorded = true;
  if (state.stopped() || !recorded || recorded->fenced) co_return recorded;
  tell_page(state, page, *recorded);
  state.scheduler.facts_recorded();
  state.dispatcher_pulse->cancel();
  co_return recorded;
}

// The next pages come while one is recorded; if that fails, they were fetched in vain.
Task<Pulled> read_stream(EngineState& state, PullTask task, WorkerId worker, RetryPace& pace) {
  using boost::asio::experimental::awaitable_operators::operator&&;
  auto fetched = co_await fetch_page(state, task, worker);
  while (true) {
    state.settler_pulse->cancel();  // it reports how the calls went
    if (state.stopped() || !fetched) co_return Pulled::lost;
    if (!fetched->page) {
      const Instant again = pace.failed(state.now(), state.chance());
      const Millis retry = std::chrono::ceil<Millis>(again - state.now());
      co_await give_up(state, worker, fetched->page.error(), fetched->gap, retry);
      co_return Pulled::failed;
    }
    const PulledPage page = *std::move(fetched->page);
    const PullTask next = task_after(task, page);
    bool is_recorded = false;
    auto recording = record(state, worker, task, page, is_recorded);
    Result<RecordedPage> recorded{RecordedPage{}};
    if (page.end)
      recorded = co_await std::move(recording);
    else
      std::tie(recorded, fetched) =
          co_await (std::move(recording) && fetch_ahead(state, next, worker, is_recorded));
    if (state.stopped() || !recorded || recorded->fenced) co_return Pulled::lost;
    pace.succeeded();
    if (page.end) co_return Pulled::all;
    if (state.drain_end) co_return Pulled::lost;
    task = next;
  }
}

// What webhooks announced goes along; what the store did not keep is announced again.
Task<Result<PullGrant>> ask(EngineState& state, WorkerId worker) {
  const auto announced = std::exchange(state.announced, {});
  auto grant = co_await state.timed("take_pull", state.ports.store.take_pull(worker, announced));
  if (!grant || !grant->kept)
    state.announced.insert(state.announced.end(), announced.begin(), announced.end());
  co_return grant;
}

}  // namespace

Task<void> pull_events(EngineState& state) {
  RetryPace pace{Millis{state.limits.pull_retry_first_ms}, Millis{state.limits.pull_retry_last_ms}};
  while (!state.stopped() && !state.drain_end) {
    const auto worker = state.watch.worker();
    if (!worker || !state.pull_at || state.now() < *state.pull_at) {
      const Instant far = state.now() + Millis{state.limits.maintain_ms};
      const Instant soon = state.now() + Millis{state.limits.poll_ms};
      co_await state.puller_pulse->wait_until(worker ? state.pull_at.value_or(far) : soon);
      continue;
    }
    state.pull_at.reset();
    const auto grant = co_await ask(state, *worker);
    if (state.stopped()) co_return;
    if (!grant) {
      state.pull_soon(Millis{state.limits.store_retry_last_ms});
      continue;
    }
    if (!grant->task) {
      // Off, or only for us: our session may be over, and nothing else tells while we are idle.
      if (grant->again_in)
        state.pull_soon(*grant->again_in);
      else
        co_await check_session(state);
      if (state.stopped()) co_return;
      continue;
    }
    state.pulling = true;
    state.keeper_pulse->cancel();
    Pulled pulled = co_await read_stream(state, *grant->task, *worker, pace);
    if (state.stopped()) co_return;
    if (pulled == Pulled::all && grant->replay) {
      pulled = co_await read_stream(state, *grant->replay, *worker, pace);
      if (state.stopped()) co_return;
    }
    state.pulling = false;
    // When it is due next, the store knows.
    state.pull_soon(pulled == Pulled::all ? Millis{0} : Millis{state.limits.store_retry_last_ms});
  }
}

}  // namespace rolecall
