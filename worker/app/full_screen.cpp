#include "worker/app/full_screen.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ostream>

#include "worker/app/palette.hpp"

namespace rolecall {
namespace {

constexpr const char* kEnter = "\x1b[?1049h\x1b[?25l";  // the other screen, without a cursor
constexpr const char* kLeave = "\x1b[?25h\x1b[?1049l";
constexpr const char* kHome = "\x1b[H";
constexpr const char* kRestOfLine = "\x1b[K";
constexpr const char* kRestOfScreen = "\x1b[J";

}  // namespace

// Opened anew: what is set on it for reading does not change how stdout is written.
FullScreen::FullScreen(std::ostream& out)
    : out_(out), terminal_(::open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)) {
  enter();
}

FullScreen::~FullScreen() {
  leave();
  if (terminal_ >= 0) ::close(terminal_);
}

std::optional<int> FullScreen::keys() const {
  const int keys = terminal_ < 0 ? -1 : ::fcntl(terminal_, F_DUPFD_CLOEXEC, 0);
  return keys < 0 ? std::nullopt : std::optional(keys);
}

void FullScreen::enter() {
  termios keys{};
  if (terminal_ >= 0 && ::tcgetattr(terminal_, &keys) == 0) {
    keys_before_ = keys;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // each key at once, and not shown
    ::tcsetattr(terminal_, TCSANOW, &keys);
  }
  out_ << kEnter << std::flush;
}

void FullScreen::leave() {
  out_ << kLeave << std::flush;
  if (keys_before_) ::tcsetattr(terminal_, TCSANOW, &*keys_before_);
}

void FullScreen::paint(const std::vector<std::string>& lines) {
  const auto [columns, rows] = size();
  out_ << kHome;
  for (std::size_t i = 0; i < std::min(lines.size(), rows); ++i)
    out_ << (i == 0 ? "" : "\r\n") << cut_to(lines[i], columns) << kRestOfLine;
  out_ << kRestOfScreen << std::flush;
}

ScreenSize FullScreen::size() const {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0)
    return {};
  return {.columns = window.ws_col, .rows = window.ws_row};
}

void FullScreen::stop() {
  leave();
  ::raise(SIGSTOP);
  enter();
}

}  // namespace rolecall
