#include "worker/engine/reading.hpp"

#include <utility>
#include <variant>

#include "worker/engine/calls.hpp"
#include "worker/engine/turns.hpp"

namespace rolecall {
namespace {

TraceEvent about(const Verification& asked) {
  TraceEvent event{.what = Trace::read_finished};
  event.subject = asked.subject;
  event.organization = asked.organization;
  event.kind = "read." + asked.family;
  event.version = asked.noted_version;
  return event;
}

// None: it was refused, or the engine stopped.
Task<std::optional<Result<Observation>>> look(EngineState& state, const Verification& asked,
                                              WorkerId worker) {
  const auto workflow = state.ports.workflows.read(asked);
  if (!workflow) {
    Failure failure{.kind = FailureClass::bug, .code = "no_workflow", .detail = asked.family};
    co_return Result<Observation>{std::move(failure)};
  }
  Caller caller;
  caller.worker = worker;
  caller.about = about(asked);
  caller.taken_while_up = state.provider == ProviderMode::up;
  RateClass rate_class = RateClass::general;
  ReadStep step = workflow->start();
  while (auto* next = std::get_if<Call>(&step)) {
    rate_class = next->rate_class;
    const auto called = co_await call(state, caller, std::move(next->request), rate_class);
    if (!called) co_return std::nullopt;
    caller.under_way = true;
    step = workflow->resume(called->answer);
  }
  auto shown = std::get<Result<Observation>>(std::move(step));
  if (shown.has_error() && shown.error().kind == FailureClass::throttled)
    throttled(state, rate_class, shown.error().retry_after);
  co_return shown;
}

}  // namespace

Task<void> read_back(EngineState& state, Verification asked, WorkerId worker) {
  TraceEvent finished = about(asked);
  auto shown = co_await look(state, asked, worker);
  if (state.stopped()) co_return;
  if (shown && *shown) {
    finished.code = (*shown)->incarnation ? "present" : "absent";
    RecordedRead read{std::move(asked), *std::move(*shown)};
    const auto kept =
        co_await state.timed("record_read", state.ports.store.record_read(std::move(read)));
    if (state.stopped()) co_return;
    if (!kept) finished.code = "failed";
    if (kept && !*kept) finished.code = "discarded";
    if (kept && *kept) state.scheduler.facts_recorded();
  } else {
    finished.code = "failed";
    if (shown) {
      finished.failure = shown->error().kind;
      finished.http_status = shown->error().http_status;
      finished.request_id = shown->error().request_id;
      finished.detail = shown->error().code;
    }
  }
  --state.reads;
  state.emit(std::move(finished));
  state.settler_pulse->cancel();  // it reports how the calls went
  state.dispatcher_pulse->cancel();
}

}  // namespace rolecall
