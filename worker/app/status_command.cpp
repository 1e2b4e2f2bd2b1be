#include <chrono>
#include <csignal>
#include <optional>
#include <ostream>

#include "worker/app/commands.hpp"
#include "worker/app/exit_code.hpp"
#include "worker/app/full_screen.hpp"
#include "worker/app/status.hpp"
#include "worker/app/watch_loop.hpp"
#include "worker/app/watch_view.hpp"

namespace rolecall {
namespace {

// Reads again and again; a connection that was lost is made anew the next time.
class Looks {
 public:
  explicit Looks(const Config& config) : config_(config) {}

  Result<StatusReport> next() {
    if (!database_ || !database_->is_open()) {
      auto connected = open_database(config_);
      if (!connected) return connected.error();
      database_.emplace(std::move(*connected));
    }
    return read_status(*database_);
  }

 private:
  const Config& config_;
  std::optional<Database> database_{};
};

int print_next(Looks& looks, const Command& command, const Console& console) {
  const auto report = looks.next();
  if (!report) return complain(console, report.error());
  console.out << (command.json ? status_json(*report) + "\n"
                               : status_screen(*report, 20, Palette{console.colours}))
              << std::flush;
  return exit_code::done;
}

// A screen that is painted over in place, with how things came to be so.
class Watch {
 public:
  Watch(Looks& looks, const Console& console)
      : looks_(looks), console_(console), screen_(console.out) {}

  void run() {
    WatchLoop loop;
    if (const auto keys = screen_.keys()) loop.take_keys(*keys);
    loop.on_signal(SIGWINCH, [this] { paint(); });
    loop.on_signal(SIGTSTP, [this] {
      screen_.stop();
      paint();
    });
    loop.run([this] { look(); });
  }

 private:
  void look() {
    auto read = looks_.next();
    const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
    trouble_ = read ? "" : words_for(read.error());
    if (read) {
      report_ = std::move(*read);
      history_.keep(now.count(), *report_);
    } else {
      history_.miss(now.count());
    }
    paint();
  }
  void paint() {
    screen_.paint(watch_lines({.report = report_ ? &*report_ : nullptr,
                               .trouble = trouble_,
                               .size = screen_.size(),
                               .palette = {console_.colours},
                               .unicode = console_.unicode},
                              history_));
  }

  Looks& looks_;
  const Console& console_;
  FullScreen screen_;
  WatchHistory history_{};
  std::optional<StatusReport> report_{};
  std::string trouble_{};
};

}  // namespace

int status_command(const Config& config, const Command& command, const Console& console) {
  Looks looks(config);
  if (!command.watch) return print_next(looks, command, console);
  if (console.is_terminal && !command.json)
    Watch(looks, console).run();
  else
    WatchLoop().run([&] { print_next(looks, command, console); });
  return exit_code::done;
}

}  // namespace rolecall
