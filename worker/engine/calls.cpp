#include "worker/engine/calls.hpp"

#include <utility>
#include <variant>

#include "worker/engine/turns.hpp"

namespace rolecall {
namespace {

TraceEvent event_of(const Caller& caller, Trace what) {
  TraceEvent event = caller.about;
  event.what = what;
  event.worker = caller.worker;
  return event;
}

SendQuestion question_of(const EngineState& state, const Caller& caller) {
  SendQuestion question;
  question.now = state.now();
  question.lease_end = caller.lease_end;
  question.session_good = state.watch.good(caller.worker, question.now);
  question.drain_end = state.drain_end;
  question.under_way = caller.under_way;
  question.provider_down = caller.taken_while_up && state.provider != ProviderMode::up;
  return question;
}

SendAnswer may_send(const EngineState& state, const Caller& caller) {
  return send_check(question_of(state, caller), state.limits);
}

// Asked on the line before the request is written, long after the turn perhaps. The lease is not
// asked for the time of a whole call again: the deadline that this call was given ends before it.
std::optional<std::string_view> why_not_leave(const EngineState& state, const Caller& caller) {
  SendQuestion question = question_of(state, caller);
  question.lease_end.reset();
  const SendAnswer may = send_check(question, state.limits);
  if (const auto* reason = std::get_if<std::string_view>(&may)) return *reason;
  return std::nullopt;
}

void tell_refused(EngineState& state, const Caller& caller, std::string_view reason) {
  TraceEvent refused = event_of(caller, Trace::call_refused);
  refused.code = reason;
  state.emit(std::move(refused));
}

// Nobody waits for a turn that would come too late for a whole call.
Instant turn_needed_by(const EngineState& state, const Caller& caller) {
  const Instant lease_end =
      caller.lease_end.value_or(state.now() + Millis{state.limits.lease_time_ms});
  return lease_end - Millis{state.limits.call_deadline_ms};
}

// The call's deadline, or why it may not leave. The checks stand on both sides of the wait: no turn
// is taken for a call that may not leave anyway, and none leaves on what was true before it.
Task<SendAnswer> await_permission(EngineState& state, const Caller& caller, RateClass rate_class) {
  SendAnswer may = may_send(state, caller);
  if (!std::holds_alternative<Instant>(may)) co_return may;
  const bool turn =
      co_await await_turn(state, rate_class, caller.priority, turn_needed_by(state, caller));
  if (state.stopped()) co_return may;
  may = may_send(state, caller);
  if (!turn && std::holds_alternative<Instant>(may)) may = std::string_view{"no_turn"};
  co_return may;
}

}  // namespace

Task<std::optional<CallResult>> call(EngineState& state, const Caller& caller, HttpRequest request,
                                     RateClass rate_class) {
  if (state.stopped()) co_return std::nullopt;
  const SendAnswer may = co_await await_permission(state, caller, rate_class);
  if (state.stopped()) co_return std::nullopt;
  if (const auto* reason = std::get_if<std::string_view>(&may)) {
    tell_refused(state, caller, *reason);
    co_return std::nullopt;
  }
  TraceEvent event = event_of(caller, Trace::call_started);
  event.code = request.method;
  event.detail = request.target;
  event.rate_class = name_of(rate_class);
  state.emit(event);

  const Instant begun = state.now();
  std::optional<std::string_view> refused;
  const auto may_leave = [&] {
    refused = why_not_leave(state, caller);
    return !refused && !state.stopped();
  };
  CallResult result{
      co_await state.ports.transport.send(std::move(request), std::get<Instant>(may), may_leave)};
  if (state.stopped()) co_return std::nullopt;
  if (refused) {
    tell_refused(state, caller, *refused);
    co_return std::nullopt;
  }
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
