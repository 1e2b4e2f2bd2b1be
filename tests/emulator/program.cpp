// program.cpp -- see program.hpp.
#include "tests/emulator/program.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <cstdio>

#include "tests/emulator/options.hpp"
#include "tests/emulator/server.hpp"

namespace rolecall::emulator {

int run_program(int argc, const char* const* argv) {
  auto read = read_options(argc, argv);
  if (const auto* exit = std::get_if<Exit>(&read)) {
    fmt::print(exit->code == 0 ? stdout : stderr, "{}", exit->message);
    return exit->code;
  }
  auto& options = std::get<ProgramOptions>(read);
  options.emulator.model.started_at =
      std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());

  // Blocked before the server's thread starts, so that only sigwait below sees them.
  sigset_t endings;
  sigemptyset(&endings);
  sigaddset(&endings, SIGTERM);
  sigaddset(&endings, SIGINT);
  pthread_sigmask(SIG_BLOCK, &endings, nullptr);

  Server server{std::move(options.emulator)};
  const Result<std::uint16_t> port = server.start(options.port);
  if (!port) {
    fmt::print(stderr, "workos-emulator: {}. Choose another port with --port; 0 picks one.\n",
               port.error().detail);
    return 2;
  }
  fmt::print("listening on 127.0.0.1:{}\n", *port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&endings, &signal);
  server.stop();
  return 0;
}

}  // namespace rolecall::emulator
