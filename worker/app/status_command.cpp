#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <optional>
#include <ostream>

#include "worker/app/commands.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/app/status.hpp"

namespace rolecall {
namespace {

namespace asio = boost::asio;

constexpr Millis kWatchPause{2'000};
constexpr const char* kClearScreen = "\x1b[H\x1b[2J";

// Prints one status; a connection that was lost is made anew the next time.
int print_status(std::optional<Database>& database, const Config& config, const Command& command,
                 const Console& console) {
  if (!database || !database->is_open()) {
    auto connected = open_database(config);
    if (!connected) return complain(console, connected.error());
    database.emplace(std::move(*connected));
  }
  const auto report = read_status(*database);
  if (!report) return complain(console, report.error());
  if (command.watch && console.is_terminal && !command.json) console.out << kClearScreen;
  console.out << (command.json ? status_json(*report) + "\n" : status_screen(*report))
              << std::flush;
  return exit_code::done;
}

}  // namespace

int status_command(const Config& config, const Command& command, const Console& console) {
  std::optional<Database> database;
  if (!command.watch) return print_status(database, config, command, console);
  asio::io_context io;
  asio::signal_set stop(io, SIGINT, SIGTERM);
  asio::steady_timer pause(io);
  bool stopped = false;
  stop.async_wait([&](const boost::system::error_code&, int) {
    stopped = true;
    pause.cancel();
  });
  while (!stopped) {
    print_status(database, config, command, console);
    pause.expires_after(kWatchPause);
    bool over = false;
    pause.async_wait([&](const boost::system::error_code&) { over = true; });
    while (!over) io.run_one();
  }
  return exit_code::done;
}

}  // namespace rolecall
