#include "worker/app/run.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <ostream>

#include "metrics/prometheus_observer.hpp"
#include "outbox/pg/migrator.hpp"
#include "outbox/pg/pg_reconcile_store.hpp"
#include "worker/app/background.hpp"
#include "worker/app/database_time.hpp"
#include "worker/app/environment_roles.hpp"
#include "worker/app/environment_sample.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/app/health.hpp"
#include "worker/app/log.hpp"
#include "worker/app/readiness.hpp"
#include "worker/app/statement.hpp"
#include "worker/app/status.hpp"
#include "worker/app/webhook_door.hpp"
#include "worker/app/wiring.hpp"
#include "worker/engine/engine.hpp"
#include "worker/net/asio_clock.hpp"
#include "worker/net/http_server.hpp"
#include "worker/net/system_random.hpp"
#include "workflows/registry.hpp"
#include "workflows/workos/events.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;

constexpr Millis kLookPause{1'000};
constexpr Millis kFar{3'600'000};
constexpr int kGaugesShare = 20;  // counting takes at most a twentieth of the time
constexpr Millis kGaugesPatience{1'000};
constexpr Millis kGaugesPause{100};
constexpr Millis kGaugesLongest{60'000};
constexpr Millis kTablesPause{15'000};
constexpr Millis kTablesLongest{600'000};
constexpr Millis kRolesFirstPause{1'000};
constexpr Millis kRolesLastPause{300'000};
constexpr Millis kTimePause{600'000};
constexpr const char* kListenFlag = "--listen or ROLECALL_LISTEN";

struct DatabaseSays {
  WorkflowOptions options{};
  WallTime time{};
};

// What the database says before anything starts.
Result<DatabaseSays> check_database(Database& database) {
  const auto rows = database.run(statement("worker_settings"));
  if (!rows) return rows.error();
  if (rows->text(0, "statement_timeout") == "0")
    return Failure{
        .kind = FailureClass::bad_input,
        .code = "statement_timeout",
        .detail =
            "statement_timeout is 0 for the worker's connections, so that a statement could "
            "run for ever; set it for the database role that the worker uses: ALTER "
            "ROLE ... SET statement_timeout = '5s'"};
  const auto time = read_database_time(database);
  if (!time) return time.error();
  DatabaseSays says{.time = *time};
  says.options.visibility = Millis{rows->number(0, "visibility_ms")};
  says.options.default_role_slug = rows->text(0, "default_role_slug");
  return says;
}

class Worker {
 public:
  Worker(const Config& config, const std::string& notify_socket, const Console& console)
      : config_(config),
        notify_socket_(notify_socket),
        console_(console),
        log_(console.err, config.log_format, config.log_level),
        background_(config.database_url, asked_statement_timeout(config)) {}

  int run();

 private:
  std::optional<Failure> build();
  std::optional<Failure> ask_database();
  void start();
  void on_signal();
  void finish();
  Task<void> watch_provider();
  Task<void> before_answer(const HttpRequest& request);
  Task<void> refresh_gauges();
  Task<void> keep_roles();
  Task<void> report_provider();
  Task<void> keep_time();
  void nudged(const workos::WebhookNudge& nudge);
  void tell_key(const std::optional<Failure>& failure);
  void tell_manager(const std::string& state);
  HttpResponse answer(const HttpRequest& request);
  ProcessSnapshot snapshot() const;

  const Config& config_;
  const std::string& notify_socket_;
  const Console& console_;
  // Destroyed last: it holds what coroutines left, and everything below outlives what they do.
  asio::io_context io_{1};
  Log log_;
  AsioClock clock_{io_.get_executor()};
  SystemRandom random_;
  std::unique_ptr<Timer> look_timer_ = clock_.make_timer();
  std::unique_ptr<Timer> gauges_timer_ = clock_.make_timer();
  PrometheusObserver metrics_{ROLECALL_VERSION};
  Health health_{};
  HealthObserver health_observer_{health_, [this] { look_timer_->cancel(); }};
  Observers observers_{{&log_, &metrics_, &health_observer_}};
  DatabaseTime time_{};
  WebhookDoor webhooks_{webhook_trust(config_), observers_,
                        [this](const workos::WebhookNudge& nudge) { nudged(nudge); }};
  std::unique_ptr<HttpClient> client_{};
  std::unique_ptr<Store> store_{};
  std::unique_ptr<ReconcileStore> reconciliation_{};
  std::unique_ptr<Workflows> workflows_{};
  std::unique_ptr<Engine> engine_{};
  std::unique_ptr<HttpServer> server_{};
  // Only from start() on: until then a signal ends the process, also while a connection hangs.
  std::optional<asio::signal_set> signals_{};
  std::unique_ptr<Timer> roles_timer_ = clock_.make_timer();
  std::unique_ptr<Timer> time_timer_ = clock_.make_timer();
  std::optional<ProviderReport> unreported_{};  // what the roles' look showed of WorkOS
  bool draining_ = false;
  bool counting_ = false;    // the gauges are being read
  Instant count_next_at_{};  // not before
  Instant counted_at_ = clock_.now();
  Instant tables_next_at_{};
  Background background_;
};

std::optional<Failure> Worker::build() {
  const auto executor = io_.get_executor();
  auto to_workos = client_options(config_);
  to_workos.on_key = [this](const std::optional<Failure>& failure) { tell_key(failure); };
  auto client = HttpClient::create(std::move(to_workos), clock_, executor);
  if (!client) return client.error();
  client_ = std::move(*client);
  auto server = HttpServer::start(
      {.listen = config_.listen,
       .flag = kListenFlag,
       .handler = [this](const HttpRequest& request) { return answer(request); },
       .before = [this](const HttpRequest& request) { return before_answer(request); },
       .too_large = [this](const HttpRequest& request) { webhooks_.too_large(request); }},
      executor);
  if (!server) return server.error();
  server_ = std::move(*server);
  if (const auto failure = ask_database()) return failure;
  store_ = make_pg_store(store_options(config_, observers_, executor));
  reconciliation_ = make_pg_reconcile_store(store_options(config_, observers_, executor));
  engine_ = std::make_unique<Engine>(EnginePorts{.store = *store_,
                                                 .clock = clock_,
                                                 .transport = *client_,
                                                 .random = random_,
                                                 .workflows = *workflows_,
                                                 .observer = observers_,
                                                 .executor = executor,
                                                 .reconciliation = reconciliation_.get()},
                                     config_.limits, session_request());
  return std::nullopt;
}

std::optional<Failure> Worker::ask_database() {
  const auto& url = config_.database_url.reveal();
  if (const auto checked = check_schema(url); !checked) return checked.error();
  auto database = Database::connect(url, asked_statement_timeout(config_));
  if (!database) return database.error();
  const auto says = check_database(*database);
  if (!says) return says.error();
  time_.looked(says->time, clock_.now());
  workflows_ = make_workflows(says->options);
  return refuse_other_environment(config_, *database, [this](const Failure& failure) {
    log_.say(LogLevel::warning, "environment_not_checked",
             {{"code", failure.code}, {"detail", failure.detail}});
  });
}

int Worker::run() {
  if (const auto failure = build()) return complain(console_, *failure);
  // A reader that goes away must not take the worker with it.
  std::signal(SIGPIPE, SIG_IGN);
  console_.out << "listening on " << server_->address() << std::endl;
  start();
  tell_manager(fmt::format("READY=1\nSTATUS=listening on {}", server_->address()));
  io_.run();
  return exit_code::done;
}

void Worker::start() {
  signals_.emplace(io_, SIGINT, SIGTERM);
  on_signal();
  asio::co_spawn(io_, watch_provider(), asio::detached);
  asio::co_spawn(io_, keep_roles(), asio::detached);
  if (!config_.webhook_secrets.empty()) asio::co_spawn(io_, keep_time(), asio::detached);
  asio::co_spawn(io_, engine_->run(), [this](std::exception_ptr error) {
    finish();
    if (error) std::rethrow_exception(error);
  });
}

void Worker::on_signal() {
  signals_->async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (std::exchange(draining_, true)) {
      console_.out.flush();
      std::_Exit(exit_code::interrupted);
    }
    log_.say(LogLevel::info, "signal", {{"signal", std::to_string(signal), true}});
    tell_manager("STOPPING=1\nSTATUS=finishing what is in flight");
    engine_->drain();
    on_signal();
  });
}

void Worker::finish() {
  server_->stop();
  signals_->cancel();
  io_.stop();
}

HttpResponse Worker::answer(const HttpRequest& request) {
  const Routes routes{.health =
                          [this] {
                            auto health = health_;
                            health.draining = draining_;
                            return health;
                          },
                      .metrics =
                          [this] {
                            metrics_.show(snapshot());
                            return metrics_.render();
                          },
                      .webhook =
                          [this](const HttpRequest& webhook) {
                            return webhooks_.answer(webhook, time_.at(clock_.now()));
                          }};
  return route(routes, request);
}

ProcessSnapshot Worker::snapshot() const {
  ProcessSnapshot process{.ready = !health_.unreachable, .draining = draining_};
  process.status_age_s = std::chrono::duration<double>(clock_.now() - counted_at_).count();
  if (engine_) {
    const auto status = engine_->status();
    process.deliveries = status.deliveries;
    process.reads = status.reads;
    process.unsettled = status.unsettled;
  }
  const auto use = client_->pool_use();
  process.provider = {.busy = static_cast<std::int64_t>(use.busy),
                      .idle = static_cast<std::int64_t>(use.idle),
                      .waiting = static_cast<std::int64_t>(use.waiting)};
  return process;
}

// Why the provider is as it is, in the operators' words: asked when the engine sees it change, and
// each second while it is not up. Whether the database is there shows by the engine's statements.
Task<void> Worker::watch_provider() {
  while (true) {
    const auto provider = co_await background_.with_database<ProviderStatus>(read_provider);
    if (provider) {
      health_.unreachable.reset();
      health_.provider_state = provider->state;
      health_.provider_detail = provider->detail;
    } else {
      health_.unreachable = provider.error().detail;
    }
    co_await report_provider();
    const bool up = provider && health_.provider_state == "up";
    co_await look_timer_->wait_until(clock_.now() + (up ? kFar : kLookPause));
  }
}

// The gauges are counted when somebody asks for them; who asks waits a moment, not for ever.
Task<void> Worker::before_answer(const HttpRequest& request) {
  if (!request.target.starts_with("/metrics") || counting_ || clock_.now() < count_next_at_)
    co_return;
  counting_ = true;
  asio::co_spawn(io_, refresh_gauges(), asio::detached);
  co_await gauges_timer_->wait_until(clock_.now() + kGaugesPatience);
}

Task<void> Worker::refresh_gauges() {
  const auto begun = clock_.now();
  const auto gauges = co_await background_.with_database<StatusSnapshot>(read_gauges);
  // Numbers that take too long to count are left as they were; their age grows.
  if (gauges) {
    metrics_.show(*gauges);
    counted_at_ = clock_.now();
  }
  const auto took = std::chrono::duration_cast<Millis>(clock_.now() - begun);
  count_next_at_ = clock_.now() + std::clamp(took * kGaugesShare, kGaugesPause, kGaugesLongest);
  if (gauges && clock_.now() >= tables_next_at_) {
    const auto looked = clock_.now();
    const auto tables = co_await background_.with_database<DatabaseSnapshot>(read_database);
    if (tables) metrics_.show(*tables);
    const auto look = std::chrono::duration_cast<Millis>(clock_.now() - looked);
    tables_next_at_ = clock_.now() + std::clamp(look * kGaugesShare, kTablesPause, kTablesLongest);
  }
  counting_ = false;
  gauges_timer_->cancel();
}

void Worker::tell_key(const std::optional<Failure>& failure) {
  if (!failure) {
    log_.say(LogLevel::info, "api_key_read", {{"file", config_.workos_api_key_file}});
    return;
  }
  log_.say(LogLevel::warning, "api_key_not_read",
           {{"code", failure->code},
            {"detail", failure->detail + "; the key of before stays in use"},
            {"file", config_.workos_api_key_file}});
}

void Worker::tell_manager(const std::string& state) {
  if (const auto failure = tell_service_manager(notify_socket_, state))
    log_.say(LogLevel::warning, "manager_not_told",
             {{"code", failure->code}, {"detail", failure->detail}});
}

// WorkOS answered, or refused the key: all workers shall know, also when nothing is due.
Task<void> Worker::report_provider() {
  const auto worker = engine_->status().worker;
  if (!unreported_ || !worker) co_return;
  const auto report = *std::exchange(unreported_, std::nullopt);
  const auto mode = co_await store_->report_provider(*worker, report);
  if (!mode) co_return;
  health_.provider_state = name_of(*mode);
  if (*mode != ProviderMode::up) health_.provider_detail = report.detail;
}

// Once at the start; again, ever more slowly, while it fails.
Task<void> Worker::keep_roles() {
  for (auto pause = kRolesFirstPause;; pause = std::min(2 * pause, kRolesLastPause)) {
    const auto deadline = clock_.now() + Millis{config_.limits.call_deadline_ms};
    auto fetched = co_await fetch_environment_roles(*client_, deadline);
    if (fetched) {
      unreported_ = ProviderReport{.answered = 1};
      look_timer_->cancel();
      const auto stored =
          co_await background_.with_database<void>([roles = *fetched](Database& database) {
            return store_environment_roles(database, roles);
          });
      if (stored) {
        log_.say(LogLevel::info, "roles_synced",
                 {{"count", std::to_string(fetched->size()), true}});
        co_return;
      }
      fetched = stored.error();
    } else if (fetched.error().kind == FailureClass::unauthorised) {
      unreported_ = ProviderReport{.unauthorised = 1, .detail = fetched.error().detail};
      look_timer_->cancel();
    }
    log_.say(LogLevel::warning, "roles_not_synced",
             {{"code", fetched.error().code},
              {"class", std::string(name_of(fetched.error().kind))},
              {"detail", fetched.error().detail},
              {"again_in_s", std::to_string(pause.count() / 1'000), true}});
    co_await roles_timer_->wait_until(clock_.now() + pause);
  }
}

// The database's clock may be set, or be that of another server after a failover.
Task<void> Worker::keep_time() {
  while (true) {
    co_await time_timer_->wait_until(clock_.now() + kTimePause);
    const auto time = co_await background_.with_database<WallTime>(read_database_time);
    if (time) time_.looked(*time, clock_.now());
  }
}

// The one place that learns of an accepted webhook: whatever pulls events is to be woken here.
void Worker::nudged(const workos::WebhookNudge& nudge) {
  log_.say(LogLevel::debug, "nudged",
           {{"event_id", nudge.event_id}, {"type", nudge.type}, {"created_at", nudge.created_at}});
  // Of other types the stream shows nothing, however long it is looked at.
  if (engine_ && workos::is_followed(nudge.type)) engine_->pull_soon(nudge.event_id);
}

}  // namespace

int run_command(const Config& config, const std::string& notify_socket, const Console& console) {
  return Worker(config, notify_socket, console).run();
}

}  // namespace rolecall
