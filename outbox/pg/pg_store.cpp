#include "outbox/pg/pg_store.hpp"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "outbox/pg/events_json.hpp"
#include "outbox/pg/hop.hpp"
#include "outbox/pg/json_writer.hpp"
#include "outbox/pg/lease_json.hpp"
#include "outbox/pg/reduce_transaction.hpp"
#include "outbox/pg/session.hpp"
#include "outbox/pg/statement_text.hpp"
#include "outbox/pg/store_answers.hpp"

namespace rolecall {
namespace {

constexpr Millis kSessionAnswer{500};

class PgStore final : public Store {
 public:
  explicit PgStore(PgStoreOptions options);

  Task<Result<WorkerId>> open_session(SessionRequest request) override;
  Task<Result<bool>> verify_session(WorkerId worker) override;
  Task<Result<void>> close_session(WorkerId worker) override;
  Task<Result<int>> take_in(int limit) override;
  Task<Result<LeaseBatch>> lease_due(LeaseRequest request) override;
  Task<Result<std::vector<Settled>>> settle(WorkerId worker,
                                            std::vector<Settlement> settlements) override;
  Task<Result<int>> wake(int limit) override;
  Task<Result<RescueReport>> rescue(WorkerId worker) override;
  Task<Result<std::vector<Reduced>>> reduce(int limit, Reducer reducer) override;
  Task<Result<std::vector<Verification>>> take_verifications(WorkerId worker, int limit) override;
  Task<Result<bool>> record_read(RecordedRead read) override;
  Task<Result<PullGrant>> take_pull(WorkerId worker, std::vector<std::string> announced) override;
  Task<Result<RecordedPage>> record_events(WorkerId worker, PullTask task,
                                           PulledPage page) override;
  Task<Result<void>> fail_pull(WorkerId worker, Failure failure, bool gap, Millis retry) override;
  Task<Result<ProviderMode>> report_provider(WorkerId worker, ProviderReport report) override;
  Task<Result<TokenBlock>> take_tokens(RateClass rate_class, int want) override;
  Task<Result<void>> report_throttle(Throttle throttle) override;
  Task<Result<NextDue>> next_due(WorkerId worker) override;
  Task<Result<int>> maintain(WorkerId worker) override;
  Task<Result<int>> keep_partitions() override;
  Task<Result<IdleLook>> idle_look(IdleRequest request) override;
  Task<Result<bool>> begin_sleep(WorkerId worker) override;
  Task<Result<void>> end_sleep(WorkerId worker) override;
  void on_notification(std::function<void()> wake_up) override;

 private:
  template <class T>
  using OnConnection = std::function<Result<T>(Connection&)>;
  template <class T>
  Task<Result<T>> pooled(std::string name, OnConnection<T> work,
                         std::optional<Millis> deadline = {});
  template <class T>
  Task<Result<T>> in_session(std::string name, Work<T> work, std::optional<Millis> deadline = {});
  template <class T>
  void tell(const std::string& name, std::chrono::steady_clock::time_point begun,
            const Result<T>& result);
  void wake_up_soon();

  // Where walks ended: over organizations, one place per priority; over what lanes wait for, one.
  // Here and not in a session: a pooler lends each transaction another one.
  using Places = std::vector<std::string>;
  template <class T>
  static Result<T> keep(Result<Walked<T>> walked, Places& places);

  PgStoreOptions options_;
  Result<ConnectionString> string_;
  // Set before the first session; called on the executor only.
  std::shared_ptr<std::function<void()>> wake_up_;
  std::atomic<int> busy_ = 0;
  std::string woken_to_{};  // where the next wake goes on; on the executor only
  std::optional<Session> session_;
  Places intake_places_, lease_places_;  // used on the executor only
  // Last, so that their threads end before what they use.
  ConnectionThreads pool_;
  std::optional<ConnectionThreads> session_thread_;
};

PgStore::PgStore(PgStoreOptions options)
    : options_(std::move(options)),
      string_(ConnectionString::parse(
          options_.database_url,
          {.statement_timeout = options_.statement_timeout, .through_pooler = options_.poll_only})),
      wake_up_(std::make_shared<std::function<void()>>()),
      pool_(options_.connections, {}) {
  if (options_.poll_only || string_.has_error()) return;
  session_.emplace(*string_);
  session_thread_.emplace(1, [this] { wake_up_soon(); });
}

void PgStore::wake_up_soon() {
  boost::asio::post(options_.executor, [wake_up = wake_up_] {
    if (*wake_up) (*wake_up)();
  });
}

template <class T>
void PgStore::tell(const std::string& name, std::chrono::steady_clock::time_point begun,
                   const Result<T>& result) {
  if (options_.observer == nullptr) return;
  TraceEvent event{.what = Trace::statement};
  event.code = "pg." + name;
  event.detail = fmt::format("{}/{}", busy_.load(), options_.connections);
  event.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begun);
  if (result.has_error())
    event.failure = result.error().kind;
  else if constexpr (!std::is_void_v<T>)
    event.count = count_of(*result);
  options_.observer->on(event);
}

template <class T>
Task<Result<T>> PgStore::pooled(std::string name, OnConnection<T> work,
                                std::optional<Millis> deadline) {
  if (string_.has_error()) co_return string_.error();
  const auto begun = std::chrono::steady_clock::now();
  Work<T> hop = [this, work = std::move(work)](Slot& slot) -> Result<T> {
    ++busy_;
    Result<T> result = [&]() -> Result<T> {
      auto connection = slot.ensure(*string_, !options_.poll_only);
      if (connection.has_error()) return connection.error();
      return work(**connection);
    }();
    --busy_;
    return result;
  };
  Result<T> result = co_await on_connection<T>(pool_, std::move(hop), deadline);
  tell(name, begun, result);
  co_return result;
}

template <class T>
Task<Result<T>> PgStore::in_session(std::string name, Work<T> work,
                                    std::optional<Millis> deadline) {
  if (string_.has_error()) co_return string_.error();
  const auto begun = std::chrono::steady_clock::now();
  Result<T> result = co_await on_connection<T>(*session_thread_, std::move(work), deadline);
  tell(name, begun, result);
  co_return result;
}

Task<Result<WorkerId>> PgStore::open_session(SessionRequest request) {
  if (options_.poll_only) {
    OnConnection<WorkerId> work = [request](Connection& c) {
      return register_session(c, request, false);
    };
    co_return co_await pooled<WorkerId>("open_session", std::move(work));
  }
  Work<WorkerId> work = [this, request](Slot& slot) { return session_->open(slot, request); };
  co_return co_await in_session<WorkerId>("open_session", std::move(work));
}

Task<Result<bool>> PgStore::verify_session(WorkerId worker) {
  if (options_.poll_only) {
    OnConnection<bool> work = [worker](Connection& c) { return verify_on(c, worker); };
    co_return co_await pooled<bool>("verify_session", std::move(work), kSessionAnswer);
  }
  Work<bool> work = [this, worker](Slot& slot) { return session_->verify(slot, worker); };
  co_return co_await in_session<bool>("verify_session", std::move(work), kSessionAnswer);
}

Task<Result<void>> PgStore::close_session(WorkerId worker) {
  if (options_.poll_only) {
    OnConnection<void> work = [worker](Connection& c) -> Result<void> {
      auto closed = c.run("close_session", Effect::changes, {text_of(worker)});
      if (closed.has_error()) return closed.error();
      return {};
    };
    co_return co_await pooled<void>("close_session", std::move(work));
  }
  Work<void> work = [this, worker](Slot& slot) { return session_->close(slot, worker); };
  co_return co_await in_session<void>("close_session", std::move(work));
}

// A call that failed leaves the places as they were.
template <class T>
Result<T> PgStore::keep(Result<Walked<T>> walked, Places& places) {
  if (walked.has_error()) return walked.error();
  places = std::move(walked->to);
  return std::move(walked->answer);
}

Task<Result<int>> PgStore::take_in(int limit) {
  OnConnection<Walked<int>> work = [limit,
                                    from = intake_places_](Connection& c) -> Result<Walked<int>> {
    auto rows = c.run("take_in", Effect::changes, {text_of(limit), array_literal(from)});
    if (rows.has_error()) return rows.error();
    return walked_number_of(rows->text(0, "taken"), "moved");
  };
  auto taken = co_await pooled<Walked<int>>("take_in", std::move(work));
  co_return keep(std::move(taken), intake_places_);
}

Task<Result<LeaseBatch>> PgStore::lease_due(LeaseRequest request) {
  OnConnection<Walked<LeaseBatch>> work =
      [request, from = lease_places_](Connection& c) -> Result<Walked<LeaseBatch>> {
    auto rows = c.run("lease_due", Effect::changes,
                      {text_of(request.worker), text_of(request.limit),
                       std::to_string(request.lease_time.count()), array_literal(request.kinds),
                       array_literal(from)});
    if (rows.has_error()) return rows.error();
    return lease_batch_of(rows->text(0, "batch"));
  };
  auto leased = co_await pooled<Walked<LeaseBatch>>("lease_due", std::move(work));
  co_return keep(std::move(leased), lease_places_);
}

Task<Result<std::vector<Settled>>> PgStore::settle(WorkerId worker,
                                                   std::vector<Settlement> settlements) {
  auto document = document_of(settlements);
  if (document.has_error()) co_return document.error();
  OnConnection<std::vector<Settled>> work = [worker, text = std::move(*document),
                                             asked = settlements.size()](Connection& c) {
    return settled_of(c.run("settle", Effect::changes, {text_of(worker), text}), asked);
  };
  co_return co_await pooled<std::vector<Settled>>("settle", std::move(work));
}

Task<Result<int>> PgStore::wake(int limit) {
  OnConnection<Woken> work = [limit, from = woken_to_](Connection& c) -> Result<Woken> {
    auto rows = c.run("wake", Effect::changes, {text_of(limit), from});
    if (rows.has_error()) return rows.error();
    return Woken{static_cast<int>(rows->number(0, "woken")), rows->text(0, "walked_to")};
  };
  auto woken = co_await pooled<Woken>("wake", std::move(work));
  if (woken.has_error()) co_return woken.error();
  woken_to_ = std::move(woken->walked_to);
  co_return woken->lanes;
}

Task<Result<RescueReport>> PgStore::rescue(WorkerId worker) {
  OnConnection<RescueReport> work = [worker](Connection& c) -> Result<RescueReport> {
    auto rows = c.run("rescue", Effect::changes, {text_of(worker)});
    if (rows.has_error()) return rows.error();
    return rescue_report_of(rows->text(0, "report"));
  };
  co_return co_await pooled<RescueReport>("rescue", std::move(work));
}

Task<Result<std::vector<Reduced>>> PgStore::reduce(int limit, Reducer reducer) {
  OnConnection<std::vector<Reduced>> work = [limit, reducer = std::move(reducer)](Connection& c) {
    return reduce_in_transaction(c, limit, reducer);
  };
  co_return co_await pooled<std::vector<Reduced>>("reduce", std::move(work));
}

Task<Result<std::vector<Verification>>> PgStore::take_verifications(WorkerId worker, int limit) {
  OnConnection<std::vector<Verification>> work = [worker, limit](Connection& c) {
    return verifications_of(
        c.run("take_verifications", Effect::changes, {text_of(worker), text_of(limit)}));
  };
  co_return co_await pooled<std::vector<Verification>>("take_verifications", std::move(work));
}

Task<Result<bool>> PgStore::record_read(RecordedRead read) {
  auto document = document_of(read);
  if (document.has_error()) co_return document.error();
  OnConnection<bool> work = [text = std::move(*document)](Connection& c) -> Result<bool> {
    auto rows = c.run("record_read", Effect::changes, {text});
    if (rows.has_error()) return rows.error();
    return rows->flag(0, "kept");
  };
  co_return co_await pooled<bool>("record_read", std::move(work));
}

Task<Result<ProviderMode>> PgStore::report_provider(WorkerId worker, ProviderReport report) {
  OnConnection<ProviderMode> work = [worker, report](Connection& c) -> Result<ProviderMode> {
    auto rows = c.run("report_provider", Effect::changes,
                      {text_of(worker), text_of(report.answered), text_of(report.failed),
                       text_of(report.unauthorised), fit_for_database(report.detail)});
    if (rows.has_error()) return rows.error();
    const auto mode = provider_mode_of(rows->text(0, "mode"));
    if (!mode) return unreadable("report_provider", "mode " + rows->text(0, "mode"));
    return *mode;
  };
  co_return co_await pooled<ProviderMode>("report_provider", std::move(work));
}

Task<Result<PullGrant>> PgStore::take_pull(WorkerId worker, std::vector<std::string> announced) {
  OnConnection<PullGrant> work = [worker, ids = array_literal(announced)](Connection& c) {
    return pull_grant_of(c.run("take_pull", Effect::changes, {text_of(worker), ids}));
  };
  co_return co_await pooled<PullGrant>("take_pull", std::move(work));
}

Task<Result<RecordedPage>> PgStore::record_events(WorkerId worker, PullTask task, PulledPage page) {
  auto document = document_of(task, page);
  if (document.has_error()) co_return document.error();
  OnConnection<RecordedPage> work = [worker, text = std::move(*document)](Connection& c) {
    return recorded_page_of(c.run("record_events", Effect::changes, {text_of(worker), text}));
  };
  co_return co_await pooled<RecordedPage>("record_events", std::move(work));
}

Task<Result<void>> PgStore::fail_pull(WorkerId worker, Failure failure, bool gap, Millis retry) {
  OnConnection<void> work = [worker, detail = fit_for_database(failure.detail), gap,
                             retry](Connection& c) -> Result<void> {
    auto ended =
        c.run("end_pull", Effect::changes,
              {text_of(worker), detail, gap ? "true" : "false", std::to_string(retry.count())});
    if (ended.has_error()) return ended.error();
    return {};
  };
  co_return co_await pooled<void>("fail_pull", std::move(work));
}

Task<Result<TokenBlock>> PgStore::take_tokens(RateClass rate_class, int want) {
  OnConnection<TokenBlock> work = [rate_class, want](Connection& c) -> Result<TokenBlock> {
    auto rows =
        c.run("take_tokens", Effect::changes, {std::string(name_of(rate_class)), text_of(want)});
    if (rows.has_error()) return rows.error();
    return token_block_of(*rows);
  };
  co_return co_await pooled<TokenBlock>("take_tokens", std::move(work));
}

Task<Result<void>> PgStore::report_throttle(Throttle throttle) {
  OnConnection<void> work = [throttle](Connection& c) -> Result<void> {
    auto told = c.run("report_throttle", Effect::changes,
                      {std::string(name_of(throttle.rate_class)), text_of(throttle.answers),
                       std::to_string(throttle.pause.count())});
    if (told.has_error()) return told.error();
    return {};
  };
  co_return co_await pooled<void>("report_throttle", std::move(work));
}

Task<Result<NextDue>> PgStore::next_due(WorkerId worker) {
  OnConnection<NextDue> work = [worker](Connection& c) -> Result<NextDue> {
    auto rows = c.run("next_due", Effect::reads, {text_of(worker)});
    if (rows.has_error()) return rows.error();
    return next_due_of(rows->text(0, "next"));
  };
  co_return co_await pooled<NextDue>("next_due", std::move(work));
}

Task<Result<int>> PgStore::maintain(WorkerId worker) {
  OnConnection<int> work = [worker](Connection& c) {
    return number_of(c.run("maintain", Effect::changes, {text_of(worker)}), "done");
  };
  co_return co_await pooled<int>("maintain", std::move(work));
}

Task<Result<int>> PgStore::keep_partitions() {
  OnConnection<int> work = [](Connection& c) {
    return number_of(c.run("keep_partitions", Effect::changes, {}), "done");
  };
  co_return co_await pooled<int>("keep_partitions", std::move(work));
}

Task<Result<IdleLook>> PgStore::idle_look(IdleRequest request) {
  OnConnection<IdleAnswer> work = [request, from = woken_to_](Connection& c) -> Result<IdleAnswer> {
    auto rows = c.run("idle_look", Effect::changes,
                      {text_of(request.worker), text_of(request.wake_limit), from,
                       request.maintain ? "true" : "false"});
    if (rows.has_error()) return rows.error();
    return idle_answer_of(*rows);
  };
  auto answer = co_await pooled<IdleAnswer>("idle_look", std::move(work));
  if (answer.has_error()) co_return answer.error();
  woken_to_ = std::move(answer->walked_to);
  co_return std::move(answer->look);
}

Task<Result<bool>> PgStore::begin_sleep(WorkerId worker) {
  // Without session state there is no lock to take; the poll is all there is.
  if (options_.poll_only) co_return true;
  Work<bool> work = [this, worker](Slot& slot) { return session_->begin_sleep(slot, worker); };
  co_return co_await in_session<bool>("begin_sleep", std::move(work));
}

Task<Result<void>> PgStore::end_sleep(WorkerId worker) {
  if (options_.poll_only) co_return Result<void>{};
  Work<void> work = [this, worker](Slot& slot) { return session_->end_sleep(slot, worker); };
  co_return co_await in_session<void>("end_sleep", std::move(work));
}

void PgStore::on_notification(std::function<void()> wake_up) {
  *wake_up_ = std::move(wake_up);
}

}  // namespace

std::unique_ptr<Store> make_pg_store(PgStoreOptions options) {
  return std::make_unique<PgStore>(std::move(options));
}

}  // namespace rolecall
