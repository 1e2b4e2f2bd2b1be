#include "tests/sim/memory_store.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace rolecall::sim {

struct MemoryStore::Link {
  bool cut = false;
  WorkerId session{};
  Places intake_places{};
  Places lease_places{};
};

namespace {

// One statement under way; the caller waits on the timer for its outcome.
template <class T>
struct Exchange {
  std::unique_ptr<Timer> patience{};
  std::optional<Result<T>> outcome{};
  bool heard = false;
};

Failure lost(FailureClass kind) {
  return {.kind = kind, .code = "connection", .detail = "the connection to the database is lost"};
}

}  // namespace

MemoryStore::MemoryStore(MemoryStoreOptions options)
    : options_(std::move(options)), link_(std::make_shared<Link>()) {}

MemoryStore::~MemoryStore() {
  options_.database.stop_listening(listener_);
}

void MemoryStore::lose_session() {
  options_.database.lose_lock(link_->session);
  options_.database.stop_listening(listener_);
}

void MemoryStore::cut() {
  lose_session();
  link_->cut = true;
}

// The database's side is booked apart from the caller: it goes on when the caller is frozen or
// gone.
template <class T, class Work>
Task<Result<T>> MemoryStore::call(std::string_view statement, Work work, Instant deadline) {
  if (!options_.plan) co_return work();
  const auto plan = options_.plan(statement);
  if (link_->cut) co_return lost(FailureClass::unavailable);
  const auto exchange = std::make_shared<Exchange<T>>();
  exchange->patience = options_.clock.make_timer();
  auto& time = options_.time;
  time.book(time.now() + plan.there, [&time, exchange, plan, work = std::move(work)]() mutable {
    if (plan.lost)
      exchange->outcome = lost(FailureClass::unavailable);
    else
      exchange->outcome = work();
    if (plan.answer_lost) exchange->outcome = lost(FailureClass::in_doubt);
    time.book(time.now() + plan.back, [exchange] {
      exchange->heard = true;
      exchange->patience->cancel();
    });
  });
  co_await exchange->patience->wait_until(deadline);
  if (!exchange->heard) co_return lost(FailureClass::unavailable);
  co_return std::move(*exchange->outcome);
}

Task<Result<WorkerId>> MemoryStore::open_session(SessionRequest) {
  auto opened = co_await call<WorkerId>(
      "open_session", [&db = options_.database, link = link_, locks = options_.locks] {
        db.lose_lock(link->session);
        const auto worker = db.open_session(locks);
        link->session = worker;
        if (link->cut) db.lose_lock(worker);
        return Result<WorkerId>{worker};
      });
  options_.database.stop_listening(listener_);
  if (opened && wake_up_ && !link_->cut)
    listener_ = options_.database.listen([executor = options_.executor, wake_up = wake_up_] {
      boost::asio::post(executor, wake_up);
    });
  co_return opened;
}

Task<Result<bool>> MemoryStore::verify_session(WorkerId worker) {
  constexpr Millis kDeadline{500};
  return call<bool>(
      "verify_session",
      [&db = options_.database, worker] { return Result<bool>{db.verify_session(worker)}; },
      options_.clock.now() + kDeadline);
}

Task<Result<void>> MemoryStore::close_session(WorkerId worker) {
  return call<void>("close_session", [&db = options_.database, worker] {
    db.close_session(worker);
    return Result<void>{};
  });
}

Task<Result<int>> MemoryStore::take_in(int limit) {
  return call<int>("take_in", [&db = options_.database, link = link_, limit] {
    return Result<int>{db.take_in(limit, link->intake_places)};
  });
}

Task<Result<LeaseBatch>> MemoryStore::lease_due(LeaseRequest request) {
  return call<LeaseBatch>("lease_due",
                          [&db = options_.database, link = link_, request = std::move(request)] {
                            return Result<LeaseBatch>{db.lease_due(request, link->lease_places)};
                          });
}

Task<Result<std::vector<Settled>>> MemoryStore::settle(WorkerId worker,
                                                       std::vector<Settlement> settlements) {
  return call<std::vector<Settled>>(
      "settle", [&db = options_.database, worker, settlements = std::move(settlements)] {
        return Result<std::vector<Settled>>{db.settle(worker, settlements)};
      });
}

Task<Result<int>> MemoryStore::wake(int limit) {
  return call<int>("wake",
                   [&db = options_.database, limit] { return Result<int>{db.wake(limit)}; });
}

Task<Result<RescueReport>> MemoryStore::rescue(WorkerId worker) {
  return call<RescueReport>("rescue", [&db = options_.database, worker] {
    return Result<RescueReport>{db.rescue(worker)};
  });
}

// The transaction spans the reducer, so it ends with its client: nothing of it is kept then.
Task<Result<std::vector<Reduced>>> MemoryStore::reduce(int limit, Reducer reducer) {
  return call<std::vector<Reduced>>(
      "reduce",
      [&db = options_.database, link = link_, limit,
       reducer = std::move(reducer)]() -> Result<std::vector<Reduced>> {
        if (link->cut) return lost(FailureClass::unavailable);
        return db.reduce(limit, reducer);
      });
}

Task<Result<std::vector<Verification>>> MemoryStore::take_verifications(WorkerId worker,
                                                                        int limit) {
  return call<std::vector<Verification>>(
      "take_verifications", [&db = options_.database, worker, limit] {
        return Result<std::vector<Verification>>{db.take_verifications(worker, limit)};
      });
}

Task<Result<bool>> MemoryStore::record_read(RecordedRead read) {
  return call<bool>("record_read", [&db = options_.database, read = std::move(read)] {
    return Result<bool>{db.record_read(read)};
  });
}

// Nobody announces events here, so none need be kept.
Task<Result<PullGrant>> MemoryStore::take_pull(WorkerId worker, std::vector<std::string>) {
  return call<PullGrant>("take_pull", [&db = options_.database, worker] {
    return Result<PullGrant>{db.take_pull(worker)};
  });
}

Task<Result<RecordedPage>> MemoryStore::record_events(WorkerId worker, PullTask task,
                                                      PulledPage page) {
  return call<RecordedPage>("record_events", [&db = options_.database, worker,
                                              task = std::move(task), page = std::move(page)] {
    return Result<RecordedPage>{db.record_events(worker, task, page)};
  });
}

Task<Result<void>> MemoryStore::fail_pull(WorkerId worker, Failure, bool, Millis retry) {
  return call<void>("fail_pull", [&db = options_.database, worker, retry] {
    db.fail_pull(worker, retry);
    return Result<void>{};
  });
}

Task<Result<ProviderMode>> MemoryStore::report_provider(WorkerId, ProviderReport report) {
  return call<ProviderMode>("report_provider",
                            [&db = options_.database, report = std::move(report)] {
                              return Result<ProviderMode>{db.report_provider(report)};
                            });
}

Task<Result<TokenBlock>> MemoryStore::take_tokens(RateClass rate_class, int want) {
  return call<TokenBlock>("take_tokens", [&db = options_.database, rate_class, want] {
    return Result<TokenBlock>{db.budgets().take(rate_class, want, db.now())};
  });
}

Task<Result<void>> MemoryStore::report_throttle(Throttle throttle) {
  return call<void>("report_throttle", [&db = options_.database, throttle] {
    db.budgets().slow(throttle, db.now());
    return Result<void>{};
  });
}

Task<Result<NextDue>> MemoryStore::next_due(WorkerId worker) {
  return call<NextDue>("next_due", [&db = options_.database, worker] {
    return Result<NextDue>{db.next_due(worker)};
  });
}

Task<Result<int>> MemoryStore::maintain(WorkerId) {
  return call<int>("maintain", [&db = options_.database] { return Result<int>{db.maintain()}; });
}

// Its history has no partitions and is never dropped.
Task<Result<int>> MemoryStore::keep_partitions() {
  return call<int>("keep_partitions", [] { return Result<int>{0}; });
}

Task<Result<IdleLook>> MemoryStore::idle_look(IdleRequest request) {
  return call<IdleLook>("idle_look", [&db = options_.database, request] {
    IdleLook found;
    found.woken = db.wake(request.wake_limit);
    found.rescue = db.rescue(request.worker);
    if (request.maintain) found.maintained = db.maintain();
    found.next = db.next_due(request.worker);
    return Result<IdleLook>{found};
  });
}

Task<Result<bool>> MemoryStore::begin_sleep(WorkerId worker) {
  return call<bool>("begin_sleep", [&db = options_.database, worker] {
    return Result<bool>{db.begin_sleep(worker)};
  });
}

Task<Result<void>> MemoryStore::end_sleep(WorkerId worker) {
  return call<void>("end_sleep", [&db = options_.database, worker] {
    db.end_sleep(worker);
    return Result<void>{};
  });
}

void MemoryStore::on_notification(std::function<void()> wake_up) {
  wake_up_ = std::move(wake_up);
}

}  // namespace rolecall::sim
