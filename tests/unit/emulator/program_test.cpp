// workos-emulator as a process.
#include "tests/emulator/program.hpp"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace rolecall::emulator {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

// A child that runs the program; its stdout and stderr come through one pipe.
class Child {
 public:
  explicit Child(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "workos-emulator");
    std::array<int, 2> pipe_ends{};
    if (pipe(pipe_ends.data()) != 0) return;
    fflush(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(pipe_ends[1], STDOUT_FILENO);
      dup2(pipe_ends[1], STDERR_FILENO);
      close(pipe_ends[0]);
      const int code = run_program(static_cast<int>(arguments.size()), arguments.data());
      fflush(nullptr);
      _exit(code);
    }
    close(pipe_ends[1]);
    out_ = pipe_ends[0];
  }
  ~Child() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    close(out_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::string line() const {
    std::string text;
    char c = 0;
    while (read(out_, &c, 1) == 1 && c != '\n') text += c;
    return text;
  }
  void send(int signal) const { kill(pid_, signal); }
  int exit_code() {
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
};

TEST(Program, SaysWhereItListensAndEndsCleanlyOnASignal) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Child child{{"--port", "0"}};
    EXPECT_THAT(child.line(), MatchesRegex("listening on 127\\.0\\.0\\.1:[1-9][0-9]*"));
    child.send(signal);
    EXPECT_EQ(child.exit_code(), 0);
  }
}

TEST(Program, EndsWith2AndNamesTheFlagWhenThePortIsInUse) {
  const int holder = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(holder, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(holder, 1), 0);
  getsockname(holder, reinterpret_cast<sockaddr*>(&address), &size);
  Child child{{"--port", std::to_string(ntohs(address.sin_port)).c_str()}};
  EXPECT_THAT(child.line(), HasSubstr("--port"));
  EXPECT_EQ(child.exit_code(), 2);
  close(holder);
}

TEST(Program, EndsWith2OnBadUsageAndWith0OnHelp) {
  Child wrong{{"--rate-limit", "everything"}};
  EXPECT_THAT(wrong.line(), HasSubstr("um_write=500/10"));
  EXPECT_EQ(wrong.exit_code(), 2);
  Child help{{"--help"}};
  EXPECT_EQ(help.exit_code(), 0);
}

}  // namespace
}  // namespace rolecall::emulator
