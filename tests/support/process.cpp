#include "tests/support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <tuple>

extern char** environ;

namespace rolecall::testing {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostKept = 64U << 20;

struct Process::State {
  pid_t pid = -1;
  int pid_fd = -1;  // readable when the process has ended
  int out = -1;
  int file = -1;
  std::optional<int> exit_code;
  std::thread pump;  // a program whose pipe is full would stand still

  std::mutex mutex;
  std::condition_variable more;
  std::string output;
  bool ended = false;  // the pipe was closed by all its writers

  ~State() {
    if (pid > 0 && !exit_code) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    if (pump.joinable()) pump.join();
    for (const int fd : {pid_fd, out, file})
      if (fd >= 0) ::close(fd);
  }

  void read_all() {
    std::array<char, 8192> buffer{};
    for (;;) {
      const auto n = ::read(out, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      const std::lock_guard lock(mutex);
      if (n <= 0) {
        ended = true;
        more.notify_all();
        return;
      }
      const auto size = static_cast<std::size_t>(n);
      if (output.size() < kMostKept) output.append(buffer.data(), size);
      // The copy for people is a convenience; a full disk must not end the program under test.
      if (file >= 0) std::ignore = ::write(file, buffer.data(), size);
      more.notify_all();
    }
  }
};

namespace {

int left_of(Clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

std::vector<std::string> environment(const std::map<std::string, std::string>& settings) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    if (!settings.contains(text.substr(0, text.find('=')))) all.push_back(text);
  }
  for (const auto& [name, value] : settings) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& s : strings) result.push_back(s.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

Process::Process(ProcessOptions options) : state_(std::make_unique<State>()) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  state_->out = pipe[0];
  if (!options.output_file.empty())
    state_->file =
        ::open(options.output_file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], 1);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], 2);
  auto arguments = options.command;
  auto settings = environment(options.settings);
  const int failed = ::posix_spawnp(&state_->pid, arguments.at(0).c_str(), &actions, nullptr,
                                    pointers(arguments).data(), pointers(settings).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe[1]);
  if (failed != 0) {
    state_->pid = -1;
    throw std::runtime_error("cannot start " + arguments[0] + ": " + std::strerror(failed));
  }
  state_->pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, state_->pid, 0));
  state_->pump = std::thread([state = state_.get()] { state->read_all(); });
}

Process::~Process() = default;
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;

pid_t Process::pid() const {
  return state_->pid;
}

std::string Process::wait_for_line(const std::string& text, std::chrono::milliseconds within) {
  const auto end = Clock::now() + within;
  std::unique_lock lock(state_->mutex);
  for (std::size_t at = 0;;) {
    const auto line_end = state_->output.find('\n', at);
    if (line_end != std::string::npos) {
      const auto line = state_->output.substr(at, line_end - at);
      if (line.find(text) != std::string::npos) return line;
      at = line_end + 1;
      continue;
    }
    const auto seen = state_->output.size();
    const bool news = state_->more.wait_until(
        lock, end, [&] { return state_->ended || state_->output.size() != seen; });
    if (!news || state_->output.size() == seen)
      throw std::runtime_error("no line with \"" + text + "\" came; the output was:\n" +
                               state_->output.substr(seen > 4000 ? seen - 4000 : 0));
  }
}

std::string Process::address(std::chrono::milliseconds within) {
  const std::string words = "listening on ";
  const auto line = wait_for_line(words, within);
  auto address = line.substr(line.find(words) + words.size());
  return address.substr(0, address.find_first_of(" \",\r"));
}

void Process::signal(int number) {
  if (!state_->exit_code) ::kill(state_->pid, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds within) {
  if (state_->exit_code) return state_->exit_code;
  pollfd watched{state_->pid_fd, POLLIN, 0};
  if (::poll(&watched, 1, left_of(Clock::now() + within)) <= 0) return std::nullopt;
  int status = 0;
  ::waitpid(state_->pid, &status, 0);
  state_->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::unique_lock lock(state_->mutex);
  state_->more.wait_for(lock, std::chrono::seconds(5), [this] { return state_->ended; });
  return state_->exit_code;
}

int Process::kill() {
  signal(SIGKILL);
  return wait(std::chrono::seconds(30)).value_or(-1);
}

std::string Process::output() {
  const std::lock_guard lock(state_->mutex);
  return state_->output;
}

Finished run(ProcessOptions options, std::chrono::milliseconds within) {
  const auto program = options.command.at(0);
  Process process(std::move(options));
  const auto code = process.wait(within);
  if (!code) throw std::runtime_error(program + " did not end in time:\n" + process.output());
  return {*code, process.output()};
}

}  // namespace rolecall::testing
