#include "tests/sim/process.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>

namespace rolecall::sim {

Process::Process(Surroundings& around, const Birth& birth)
    : around_(around),
      birth_(birth),
      gate_(around.time),
      clock_(around.time, birth.skew),
      random_(birth.random_seed),
      store_({around.database, around.time, clock_, GateExecutor{gate_}, birth.locks,
              [this](std::string_view name) { return plan_statement(name); }}),
      wire_(around.workos, clock_, {"worker " + std::to_string(birth.number)}),
      engine_(
          {store_, clock_, *this, random_, around.workflows, around.observer, GateExecutor{gate_}},
          birth.limits, {"simulated", "sim", birth.number}) {}

void Process::start() {
  boost::asio::co_spawn(GateExecutor{gate_}, engine_.run(), [this](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
    ended_ = true;
    if (!dead_) store_.cut();
    dead_ = true;
  });
}

void Process::kill() {
  if (dead_) return;
  dead_ = true;
  store_.cut();
  engine_.kill();
  gate_.thaw();
}

void Process::freeze(Micros until) {
  frozen_until_ = std::max(frozen_until_, until);
  gate_.freeze();
}

void Process::thaw() {
  if (dead_ || around_.time.now() >= frozen_until_) gate_.thaw();
}

void Process::drain() {
  engine_.drain();
}

void Process::cut_off(Micros until, bool session_ends) {
  cut_until_ = until;
  if (session_ends) store_.lose_session();
}

StatementPlan Process::plan_statement(std::string_view name) {
  auto fare = around_.chaos.statement(name);
  if (around_.time.now() < cut_until_) fare.plan.lost = true;
  if (fare.lose_session) store_.lose_session();
  if (fare.crash) {
    const bool executed = *fare.crash == Crash::after_lease || *fare.crash == Crash::after_settle;
    around_.time.book(around_.time.now() + (executed ? fare.plan.there : Micros{0}),
                      [this, how = *fare.crash] { around_.crash(*this, how); });
    // Executed first, then killed: both are booked for the same moment, in this order.
    if (executed) fare.plan.there -= Micros{1};
  }
  return fare.plan;
}

// Gives way once, so that a freeze takes hold here.
Task<void> Process::stand_still() {
  const auto timer = clock_.make_timer();
  timer->cancel();
  co_await timer->wait_until(clock_.now());
}

Task<Result<HttpResponse>> Process::send(HttpRequest request, Instant deadline, MayLeave) {
  const auto how = around_.chaos.call(request.method != "GET");
  const auto crash = [this, how] { around_.crash(*this, *how); };
  if (how == Crash::before_send) {
    around_.time.book(around_.time.now(), crash);
    co_await stand_still();
    co_return Failure{.kind = FailureClass::transient, .code = "killed"};
  }
  if (how == Crash::freeze_in_send) {
    around_.freeze(*this, *how, around_.chaos.span(Millis{200}, Millis{5'000}));
    co_await stand_still();
    // What the kernel had taken over leaves all the same, however late it is.
    if (around_.chaos.happens(0.5)) deadline = std::max(deadline, clock_.now() + Millis{1'000});
    if (dead_) co_return Failure{.kind = FailureClass::transient, .code = "killed"};
  }
  if (auto behind = around_.lagging_answer(request)) co_return std::move(*behind);
  auto answer = co_await wire_.send(std::move(request), deadline);
  if (how == Crash::after_send) crash();
  if (how == Crash::after_answer) around_.time.book(around_.time.now(), crash);
  co_return answer;
}

}  // namespace rolecall::sim
