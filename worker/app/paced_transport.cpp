#include "worker/app/paced_transport.hpp"

#include <algorithm>

#include "worker/app/statement.hpp"
#include "workflows/workos/calls.hpp"
#include "workflows/workos/classify.hpp"

namespace rolecall {
namespace {

constexpr int kTries = 3;
constexpr int kThrottled = 429;

Failure too_late() {
  return {.kind = FailureClass::transient,
          .code = "no_turn",
          .detail = "the budget for calls of WorkOS left no turn for this one in time"};
}

}  // namespace

Task<Result<HttpResponse>> PacedTransport::send(HttpRequest request, Instant deadline,
                                                MayLeave may_leave) {
  const std::string rate_class(name_of(workos::rate_class_of(request)));
  for (int attempt = 1;; ++attempt) {
    if (const auto turn = co_await wait_turn(rate_class, deadline); !turn) co_return turn.error();
    const auto ends = std::min(deadline, parts_.clock.now() + parts_.call_deadline);
    auto answer = co_await parts_.transport.send(request, ends, may_leave);
    if (!answer || answer->status != kThrottled || parts_.database == nullptr) co_return answer;
    const auto pause = workos::failure_of(*answer).retry_after.value_or(Millis{0});
    const auto told = parts_.database->run(statement("report_throttle"),
                                           {rate_class, std::to_string(pause.count())});
    if (!told) co_return told.error();
    if (attempt == kTries) co_return answer;
  }
}

Task<Result<void>> PacedTransport::wait_turn(std::string rate_class, Instant deadline) {
  if (parts_.database == nullptr) co_return Result<void>();
  while (true) {
    const auto turn = parts_.database->run(statement("take_turn"), {rate_class});
    if (!turn) co_return turn.error();
    const bool given = turn->number(0, "tokens") > 0;
    const auto span =
        given ? std::chrono::ceil<Millis>(std::chrono::microseconds{turn->number(0, "first_in_us")})
              : Millis{turn->number(0, "ask_again_ms")};
    if (const auto waited = co_await wait(span, deadline); !waited || given) co_return waited;
  }
}

Task<Result<void>> PacedTransport::wait(Millis span, Instant deadline) {
  const auto until = parts_.clock.now() + span;
  if (until >= deadline) co_return too_late();
  if (span <= Millis{0}) co_return Result<void>();
  const auto timer = parts_.clock.make_timer();
  co_await timer->wait_until(until);
  co_return Result<void>();
}

}  // namespace rolecall
