// scripted_transport.hpp -- a WorkOS of PUT /<subject> and GET /<subject>, answered as scripted.
// Owns:    the log of what left.
// Thread:  the test's.
// Fails:   as its steps are scripted.
// Never:   forgets to look whether the call was allowed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/unit/worker/scripted_store.hpp"
#include "worker/transport.hpp"

namespace rolecall::test {

class ScriptedTransport final : public Transport {
 public:
  struct Sent {
    HttpRequest request;
    Instant at{};
    Instant deadline{};
  };

  ScriptedTransport(Clock& clock, Steps& steps, const ScriptedStore& store)
      : clock_(clock), steps_(steps), store_(store) {}

  std::function<Result<HttpResponse>(const HttpRequest&)> answer = [](const HttpRequest&) {
    HttpResponse ok{.status = 200};
    ok.headers["x-request-id"] = "req_1";
    return Result<HttpResponse>{ok};
  };
  Millis connect_time{0};  // before anything leaves
  Millis call_time{20};
  std::vector<Sent> sent{};
  int without_lease = 0;  // writes that left while their row was not leased

  Task<Result<HttpResponse>> send(HttpRequest request, Instant deadline,
                                  MayLeave may_leave = always) override {
    if (connect_time > Millis{0}) {
      const auto connected = clock_.make_timer();
      co_await connected->wait_until(clock_.now() + connect_time);
    }
    if (!may_leave()) co_return Failure{.kind = FailureClass::transient, .code = "not_sent"};
    sent.push_back({request, clock_.now(), deadline});
    if (request.method != "GET" && !store_.may_send(Subject{request.target.substr(1)}))
      ++without_lease;
    const Steps::Step s = co_await steps_.begin("send");
    if (s.fate == StepFate::refused)
      co_return Failure{.kind = FailureClass::transient, .code = "connection_refused"};
    const auto timer = clock_.make_timer();
    co_await timer->wait_until(std::min(clock_.now() + call_time, deadline));
    const Result<HttpResponse> answered = answer(request);
    co_await steps_.end(s);
    if (s.fate == StepFate::answer_lost)
      co_return Failure{.kind = FailureClass::in_doubt, .code = "reset"};
    co_return answered;
  }

 private:
  Clock& clock_;
  Steps& steps_;
  const ScriptedStore& store_;
};

}  // namespace rolecall::test
