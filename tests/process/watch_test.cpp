// `rolecall status --watch` on a terminal of its own.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "tests/support/stand.hpp"

namespace rolecall::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kEntered = "\x1b[?1049h";
constexpr const char* kLeft = "\x1b[?25h\x1b[?1049l";

// The program with a terminal of 100 columns and 30 rows.
class OnATerminal {
 public:
  explicit OnATerminal(const std::string& database_url) {
    const winsize size{.ws_row = 30, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    const std::string program = program_path("rolecall");
    const std::string setting = "DATABASE_URL=" + database_url;
    child_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
    if (child_ != 0) return;
    const char* const arguments[] = {program.c_str(), "status", "--watch", nullptr};
    const char* const environment[] = {setting.c_str(), "TERM=xterm", "LANG=C.UTF-8", nullptr};
    ::execve(program.c_str(), const_cast<char* const*>(arguments),
             const_cast<char* const*>(environment));
    ::_exit(127);
  }
  ~OnATerminal() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    ::close(terminal_);
  }
  OnATerminal(const OnATerminal&) = delete;
  OnATerminal& operator=(const OnATerminal&) = delete;

  // What it wrote until `text` came, that included; or all of it, when it ended or 20 s passed.
  std::string read_until(const std::string& text) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string seen;
    while (seen.find(text) == std::string::npos && std::chrono::steady_clock::now() < until) {
      pollfd ready{.fd = terminal_, .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 1000) <= 0) continue;
      char bytes[4096];
      const auto n = ::read(terminal_, bytes, sizeof bytes);
      if (n <= 0) break;
      seen.append(bytes, static_cast<std::size_t>(n));
    }
    return seen;
  }
  void type(const std::string& keys) {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), std::ssize(keys));
  }
  int ended() {
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  int terminal_ = -1;
  pid_t child_ = -1;
};

TEST(StatusWatch, FillsTheTerminalUntilQAndLeavesItAsItWas) {
  Stand stand;
  OnATerminal watch(stand.db().url());
  const auto first = watch.read_until("Attention");
  EXPECT_THAT(first, HasSubstr(kEntered));
  EXPECT_THAT(first, HasSubstr("Backlog"));
  EXPECT_THAT(first, HasSubstr("\x1b[1;31mnone is running"));
  watch.type("xq");
  EXPECT_THAT(watch.read_until(kLeft), HasSubstr(kLeft));
  EXPECT_EQ(watch.ended(), 0);
}

TEST(StatusWatch, EndsWithControlCAndSaysSoWhenTheDatabaseDoesNotAnswer) {
  OnATerminal watch("postgresql://127.0.0.1:1/x?connect_timeout=2");
  EXPECT_THAT(watch.read_until("onnection"), HasSubstr("onnection"));
  watch.type("\x03");
  EXPECT_THAT(watch.read_until(kLeft), HasSubstr(kLeft));
  EXPECT_EQ(watch.ended(), 0);
}

}  // namespace
}  // namespace rolecall::testing
