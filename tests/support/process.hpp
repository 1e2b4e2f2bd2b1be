// process.hpp -- a program that a test or the demonstration starts, watches and ends.
// Owns:    one child process and the pipe with its output.
// Thread:  one thread at a time.
// Fails:   throws std::runtime_error with the program's last output.
// Never:   leaves the child behind: the destructor kills and reaps it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rolecall::testing {

struct ProcessOptions {
  std::vector<std::string> command{};             // program and arguments
  std::map<std::string, std::string> settings{};  // added to this process's environment
  std::string output_file{};                      // where its output also goes; empty: nowhere
};

class Process {
 public:
  explicit Process(ProcessOptions options);
  ~Process();
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;

  pid_t pid() const;
  // The first line of output that contains `text`, also one that came before.
  std::string wait_for_line(const std::string& text, std::chrono::milliseconds within);
  // "host:port" of the line "listening on host:port".
  std::string address(std::chrono::milliseconds within = std::chrono::seconds(20));
  void signal(int number);
  // The exit code, 128 + signal number if a signal ended it; nothing if it still runs then.
  std::optional<int> wait(std::chrono::milliseconds within);
  int kill();  // SIGKILL, and reap
  std::string output();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Runs a command to its end and answers its exit code and output.
struct Finished {
  int exit_code = 0;
  std::string output;
};
Finished run(ProcessOptions options, std::chrono::milliseconds within = std::chrono::seconds(60));

}  // namespace rolecall::testing
