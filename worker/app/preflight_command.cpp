#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <ostream>

#include "worker/app/commands.hpp"
#include "worker/app/paced_transport.hpp"
#include "worker/app/preflight/checks.hpp"
#include "worker/app/preflight/looks.hpp"
#include "worker/app/wiring.hpp"
#include "worker/net/asio_clock.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;

constexpr const char* kClearLine = "\r\x1b[K";

// Turns are taken by a write: a server whose commits wait for ever gives none.
bool gives_turns(const preflight::Facts& facts) {
  return preflight::check_replication(*facts.replication).verdict != preflight::Verdict::error;
}

std::optional<Failure> ask_workos(const Config& config, Database* database, preflight::Facts& facts,
                                  const Console& progress) {
  asio::io_context io;
  AsioClock clock(io.get_executor());
  const auto client = HttpClient::create(client_options(config), clock, io.get_executor());
  if (!client) return client.error();
  Database* budget = database != nullptr && gives_turns(facts) ? database : nullptr;
  PacedTransport paced({**client, clock, budget, Millis{config.limits.call_deadline_ms}});
  preflight::WorkosLook look{
      .transport = paced, .database = database, .webhook_secrets = config.webhook_secrets};
  if (progress.is_terminal)
    look.progress = [&](const std::string& line) {
      progress.out << kClearLine << line << std::flush;
    };
  asio::co_spawn(io, preflight::look_at_workos(std::move(look), facts),
                 [](std::exception_ptr error) {
                   if (error) std::rethrow_exception(error);
                 });
  io.run();
  if (progress.is_terminal) progress.out << kClearLine;
  return std::nullopt;
}

}  // namespace

int preflight_command(const Config& config, const Command& command, const Console& console) {
  preflight::Facts facts{.accept_environment = config.accept_environment,
                         .webhook_tolerance_s = config.webhook_tolerance_s,
                         .takes_webhooks = !config.webhook_secrets.empty()};
  auto database = preflight::look_at_postgres(config, facts);
  const bool migrated = facts.schema && *facts.schema;
  const Console quiet{.out = console.out, .err = console.err};
  if (const auto failure = ask_workos(config, migrated ? &*database : nullptr, facts,
                                      command.json ? quiet : console))
    return complain(console, *failure);
  const auto report = preflight::examine(facts);
  console.out << (command.json ? json_of(report) : table_of(report, {console.colours}));
  return report.exit_code();
}

}  // namespace rolecall
