#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <ostream>

#include "outbox/pg/pg_reconcile_store.hpp"
#include "worker/app/commands.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/app/reconcile_report.hpp"
#include "worker/app/statement.hpp"
#include "worker/app/wiring.hpp"
#include "worker/net/asio_clock.hpp"
#include "workflows/registry.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;

struct NoObserver final : Observer {
  void on(const TraceEvent& /*event*/) override {}
};

class Reconciling {
 public:
  Reconciling(const Config& config, const Command& command, const Console& console)
      : config_(config), command_(command), console_(console) {}

  int run() {
    auto database = open_database(config_);
    if (!database) return complain(console_, database.error());
    auto client = HttpClient::create(client_options(config_), clock_, io_.get_executor());
    if (!client) return complain(console_, client.error());
    client_ = std::move(*client);
    store_ = make_pg_reconcile_store(store_options(config_, observer_, io_.get_executor()));
    signals_.async_wait([this](const boost::system::error_code& cancelled, int) {
      if (cancelled) return;
      stopped_ = true;
      pause_->cancel();
    });
    std::optional<Failure> failure;
    asio::co_spawn(io_, compare_all(*database), [&](std::exception_ptr error, Result<void> done) {
      if (error) std::rethrow_exception(error);
      if (!done) failure = done.error();
      signals_.cancel();
    });
    io_.run();
    if (failure && report_.organizations.empty()) return complain(console_, *failure);
    console_.out << (command_.json ? reconcile_json(report_) + "\n" : reconcile_screen(report_));
    if (failure) {
      const int code = complain(console_, *failure);
      return stopped_ ? exit_code::interrupted : code;
    }
    return is_settled(report_) ? exit_code::done : exit_code::not_so;
  }

 private:
  PassPorts ports() {
    return {.store = *store_,
            .workflows = *workflows_,
            .call = [this](Call wanted) { return call(std::move(wanted)); },
            .wait = [this](Millis span) { return wait(span); },
            .progress = [this](int compared) { tell_progress(compared); }};
  }

  Task<bool> wait(Millis span) {
    const Instant until = clock_.now() + span;
    while (!stopped_ && clock_.now() < until) co_await pause_->wait_until(until);
    co_return !stopped_;
  }

  // A turn inside the budget that all workers share, one call at a time.
  Task<std::optional<CallAnswer>> call(Call wanted) {
    while (!stopped_) {
      const auto block = co_await store_->take_tokens(wanted.rate_class, 1);
      if (!block) co_return CallAnswer(block.error());
      const auto until_turn = block->tokens > 0 ? std::chrono::ceil<Millis>(block->first_in)
                                                : std::max(block->ask_again, Millis{1});
      if (!co_await wait(until_turn)) break;
      if (block->tokens == 0) continue;
      co_return co_await client_->send(std::move(wanted.request),
                                       clock_.now() + Millis{config_.limits.call_deadline_ms});
    }
    co_return std::nullopt;
  }

  void tell_progress(int compared) {
    if (!console_.is_terminal || command_.json) return;
    console_.out << fmt::format("{} of {} organizations, {} compared in this one   \r",
                                report_.organizations.size(), wanted_, compared)
                 << std::flush;
  }

  Task<Result<void>> compare_all(Database& database) {
    std::vector<OrganizationId> organizations{OrganizationId(command_.organization)};
    if (command_.organization.empty()) {
      auto all = co_await store_->organizations();
      if (!all) co_return all.error();
      organizations = *std::move(all);
    }
    wanted_ = organizations.size();
    report_.applied = command_.apply;
    const PassPorts given = ports();
    for (const OrganizationId& organization : organizations) {
      const auto compared = co_await compare_one(database, given, organization);
      if (!compared && (stopped_ || wanted_ == 1 || is_everybodys(compared.error())))
        co_return compared.error();
    }
    co_return Result<void>{};
  }

  // What stops one organization stops all of them.
  static bool is_everybodys(const Failure& failure) {
    return exit_code::of(failure) != exit_code::not_so;
  }

  Task<Result<void>> compare_one(Database& database, const PassPorts& given,
                                 const OrganizationId& organization) {
    PassWish wish{.who = "rolecall reconcile"};
    if (command_.apply) wish.repairs = {kDriftClasses.begin(), kDriftClasses.end()};
    auto end = co_await reconcile_organization(given, organization, std::move(wish));
    if (!end && is_everybodys(end.error())) co_return end.error();
    OrganizationReport one{.organization = organization.text()};
    if (end)
      one.end = *std::move(end);
    else
      one.end.report.failure = end.error().code + ": " + end.error().detail;
    auto plan = database.run(statement("reconcile_plan"), {organization.text()});
    if (!plan) co_return plan.error();
    one.plan = *std::move(plan);
    report_.organizations.push_back(std::move(one));
    co_return Result<void>{};
  }

  const Config& config_;
  const Command& command_;
  const Console& console_;
  asio::io_context io_{};
  AsioClock clock_{io_.get_executor()};
  std::unique_ptr<Timer> pause_ = clock_.make_timer();
  asio::signal_set signals_{io_, SIGINT, SIGTERM};
  NoObserver observer_{};
  std::unique_ptr<Workflows> workflows_ = make_workflows();
  std::unique_ptr<HttpClient> client_{};
  std::unique_ptr<ReconcileStore> store_{};
  ReconcileReport report_{};
  std::size_t wanted_ = 0;
  bool stopped_ = false;
};

}  // namespace

int reconcile_command(const Config& config, const Command& command, const Console& console) {
  return Reconciling(config, command, console).run();
}

}  // namespace rolecall
