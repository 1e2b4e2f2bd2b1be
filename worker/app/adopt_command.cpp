#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <ostream>

#include "worker/app/adopt/adoption_report.hpp"
#include "worker/app/commands.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/app/paced_transport.hpp"
#include "worker/app/wiring.hpp"
#include "worker/net/asio_clock.hpp"
#include "workflows/registry.hpp"

namespace rolecall {
namespace {

constexpr int kTriesOfACall = 5;
constexpr Millis kFirstPause{500};
constexpr Millis kTurnPatience{600'000};  // within the budget

Failure interruption() {
  return {
      .kind = FailureClass::transient,
      .code = std::string(kAdoptInterrupted),
      .detail = "interrupted: organizations that are done stay so, and the same command goes on"};
}

bool is_worth_another(const Result<HttpResponse>& answer) {
  return !answer || answer->status == 408 || answer->status == 429 || answer->status >= 500;
}

class Adoption {
 public:
  Adoption(const Config& config, const Command& command, const Console& console)
      : config_(config), command_(command), console_(console) {}

  int run() {
    auto database = open_database(config_);
    if (!database) return complain(console_, database.error());
    auto client = HttpClient::create(client_options(config_), clock_, io_.get_executor());
    if (!client) return complain(console_, client.error());
    PacedTransport paced({**client, clock_, &*database, Millis{config_.limits.call_deadline_ms}});
    paced_ = &paced;
    AdoptionStore store(*database);
    if (const auto begun = begin(store); !begun) return complain(console_, begun.error());
    AdoptionReport report(console_.out,
                          command_.json ? AdoptionReport::Form::json : AdoptionReport::Form::screen,
                          wish_);
    report.begin();
    const auto failure = adopt_all(store, report);
    clear_progress();
    report.end(done_before_, failure.has_value());
    if (failure) {
      const int code = complain(console_, *failure);
      return stopped_ ? exit_code::interrupted : code;
    }
    const bool well = wish_.apply ? !report.sums().needs_person : report.sums().agrees;
    return well ? exit_code::done : exit_code::not_so;
  }

 private:
  Result<void> begin(AdoptionStore& store) {
    wish_ = {.policy = adopt_policy_of(command_.policy).value_or(AdoptPolicy::local),
             .apply = command_.apply};
    if (wish_.apply) {
      const auto run = store.run(wish_.policy, command_.again);
      if (!run) return run.error();
      wish_.run = *run;
    }
    const auto count = store.count(wish_.run, command_.organization);
    if (!count) return count.error();
    known_ = count->known;
    done_before_ = count->done;
    if (known_ > 0 || command_.organization.empty()) return {};
    return Failure{
        .kind = FailureClass::bad_input,
        .code = "no_organization",
        .detail = fmt::format("organization {} is not known here, or is disabled: make "
                              "it known with rolecall.upsert_organization(id, name, null)",
                              command_.organization)};
  }

  std::optional<Failure> adopt_all(AdoptionStore& store, AdoptionReport& report) {
    signals_.async_wait([this](const boost::system::error_code& cancelled, int) {
      if (cancelled) return;
      stopped_ = true;
      pause_->cancel();
    });
    std::optional<Failure> failure;
    boost::asio::co_spawn(io_, adopt_each(store, report),
                          [&](std::exception_ptr error, Result<void> done) {
                            if (error) std::rethrow_exception(error);
                            if (!done) failure = done.error();
                            signals_.cancel();
                          });
    io_.run();
    return failure;
  }

  Task<Result<void>> adopt_each(AdoptionStore& store, AdoptionReport& report) {
    const AdoptPorts ports{
        .store = store,
        .workflows = *workflows_,
        .ask = [this](HttpRequest request) { return ask(std::move(request)); },
        .progress = [&](int compared) { tell_progress(report.sums().organizations, compared); }};
    std::string after;
    while (true) {
      auto organizations = store.next(wish_.run, command_.organization, after);
      if (!organizations) co_return organizations.error();
      if (organizations->empty()) co_return Result<void>{};
      after = organizations->back().id;
      for (AdoptOrganization& organization : *organizations) {
        if (stopped_) co_return interruption();
        auto one = co_await adopt_organization(ports, wish_, std::move(organization));
        if (!one) co_return one.error();
        clear_progress();
        report.add(*one);
        tell_progress(report.sums().organizations, 0);
      }
    }
  }

  // A turn inside the budget that all workers share, and another try for what may pass.
  Task<Result<HttpResponse>> ask(HttpRequest request) {
    Millis pause = kFirstPause;
    for (int tries = 1;; ++tries) {
      if (stopped_) co_return interruption();
      auto answer = co_await paced_->send(request, clock_.now() + kTurnPatience);
      if (!is_worth_another(answer) || tries == kTriesOfACall) co_return answer;
      const Instant until = clock_.now() + pause;
      while (!stopped_ && clock_.now() < until) co_await pause_->wait_until(until);
      pause *= 2;
    }
  }

  void tell_progress(int adopted, int compared) {
    if (!console_.shows_progress) return;
    console_.err << fmt::format("\r{} of {} organizations, {} compared in this one   ",
                                done_before_ + adopted, known_, compared)
                 << std::flush;
  }

  void clear_progress() {
    if (console_.shows_progress) console_.err << "\r\033[K" << std::flush;
  }

  const Config& config_;
  const Command& command_;
  const Console& console_;
  boost::asio::io_context io_{};
  AsioClock clock_{io_.get_executor()};
  std::unique_ptr<Timer> pause_ = clock_.make_timer();
  boost::asio::signal_set signals_{io_, SIGINT, SIGTERM};
  std::unique_ptr<Workflows> workflows_ = make_workflows();
  PacedTransport* paced_ = nullptr;
  AdoptWish wish_{};
  std::int64_t known_ = 0;
  std::int64_t done_before_ = 0;
  bool stopped_ = false;
};

}  // namespace

int adopt_command(const Config& config, const Command& command, const Console& console) {
  return Adoption(config, command, console).run();
}

}  // namespace rolecall
