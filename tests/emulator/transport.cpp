// transport.cpp -- see transport.hpp.
#include "tests/emulator/transport.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>

namespace rolecall::emulator {

namespace {

// One request under way. Both ends hold it; the caller's end may go away first.
struct Exchange {
  HttpRequest request{};
  std::string caller{};
  std::unique_ptr<Timer> patience{};  // the caller waits on it until the deadline or the outcome
  std::optional<Result<HttpResponse>> outcome{};

  void end(Result<HttpResponse> with) {
    outcome = std::move(with);
    patience->cancel();
  }
};

Failure lost(FailureClass kind, std::string code, std::string detail) {
  return {.kind = kind, .code = std::move(code), .detail = std::move(detail)};
}

Task<void> pause(EmulatorWorld& world, Millis span) {
  if (span <= Millis{0}) co_return;
  const auto timer = world.clock.make_timer();
  co_await timer->wait_until(world.clock.now() + span);
}

Task<void> travel(EmulatorWorld& world, Latency latency) {
  co_await pause(world, world.chance.between(latency.least, latency.most));
}

Result<HttpResponse> as_seen(const Plan& plan, HttpResponse response) {
  switch (plan.ending) {
    case Ending::answer:
      return response;
    case Ending::refuse:
      return lost(FailureClass::transient, "connection_refused", "connection refused");
    case Ending::close:
      return lost(FailureClass::in_doubt, "end_of_stream", "closed without an answer");
    case Ending::endless:
      return lost(FailureClass::in_doubt, "body_limit", "the answer has no end");
    case Ending::reset:
    case Ending::stall:
      break;
  }
  return lost(FailureClass::in_doubt, "connection_reset", "connection reset by peer");
}

// WorkOS's side of an exchange: lives on when the caller has gone.
Task<void> serve(EmulatorWorld& world, std::shared_ptr<Exchange> exchange) {
  co_await travel(world, world.there);
  const Plan plan = world.emulator.receive(exchange->request, world.now(), exchange->caller);
  if (plan.late) exchange->end(as_seen(plan, {}));
  co_await pause(world, plan.wait);
  HttpResponse response = plan.instead.value_or(HttpResponse{});
  if (plan.apply) response = world.emulator.apply(plan, exchange->request, world.now());
  if (plan.late || plan.ending == Ending::stall) co_return;
  if (plan.ending != Ending::refuse) co_await travel(world, world.back);
  exchange->end(as_seen(plan, std::move(response)));
}

}  // namespace

Task<Result<HttpResponse>> EmulatorTransport::send(HttpRequest request, Instant deadline,
                                                   MayLeave may_leave) {
  if (clock_.now() >= deadline)
    co_return lost(FailureClass::transient, "deadline", "the deadline was over before the start");
  if (!may_leave()) co_return lost(FailureClass::transient, "not_sent", "it might no longer leave");
  const auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->request.headers["authorization"] = "Bearer " + caller_.api_key;
  exchange->caller = caller_.name;
  exchange->patience = clock_.make_timer();
  boost::asio::co_spawn(world_.executor, serve(world_, exchange), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  co_await exchange->patience->wait_until(deadline);
  if (exchange->outcome) co_return std::move(*exchange->outcome);
  co_return lost(FailureClass::in_doubt, "deadline", "no answer before the deadline");
}

}  // namespace rolecall::emulator
