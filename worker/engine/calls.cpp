#include "worker/engine/calls.hpp"

#include <utility>
#include <variant>

namespace rolecall {
namespace {

TraceEvent event_of(const Caller& caller, Trace what) {
  TraceEvent event = caller.about;
  event.what = what;
  event.worker = caller.worker;
  return event;
}

SendAnswer may_send(const EngineState& state, const Caller& caller) {
  SendQuestion question;
  question.now = state.now();
  question.lease_end = caller.lease_end;
  question.session_good = state.watch.good(caller.worker, question.now);
  question.drain_end = state.drain_end;
  question.under_way = caller.under_way;
  return send_check(question, state.limits);
}

}  // namespace

Task<std::optional<CallResult>> call(EngineState& state, const Caller& caller,
                                     HttpRequest request) {
  if (state.stopped()) co_return std::nullopt;
  const SendAnswer may = may_send(state, caller);
  if (const auto* reason = std::get_if<std::string_view>(&may)) {
    TraceEvent refused = event_of(caller, Trace::call_refused);
    refused.code = *reason;
    state.emit(std::move(refused));
    co_return std::nullopt;
  }
  TraceEvent event = event_of(caller, Trace::call_started);
  event.code = request.method;
  event.detail = request.target;
  state.emit(event);

  const Instant begun = state.now();
  CallResult result{
      co_await state.ports.transport.send(std::move(request), std::get<Instant>(may))};
  if (state.stopped()) co_return std::nullopt;
  state.tally.count(result.answer);
  const auto elapsed = state.now() - begun;
  result.elapsed = std::chrono::duration_cast<Millis>(elapsed);
  event.what = Trace::call_finished;
  event.elapsed = elapsed;
  if (result.answer) {
    event.http_status = result.answer->status;
    const auto id = result.answer->headers.find("x-request-id");
    if (id != result.answer->headers.end()) result.request_id = RequestId{id->second};
  } else {
    event.failure = result.answer.error().kind;
    result.request_id = result.answer.error().request_id;
  }
  event.request_id = result.request_id;
  state.emit(std::move(event));
  co_return result;
}

}  // namespace rolecall
