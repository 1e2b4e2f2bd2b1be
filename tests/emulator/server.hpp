// server.hpp -- the emulator behind HTTP on 127.0.0.1.
// Owns:    one thread, its sockets and the emulator.
// Thread:  any; the emulator itself is touched on the server's thread only.
// Fails:   start() answers bad_input with code address_in_use when the port is taken.
// Never:   listens on anything but loopback.
#pragma once

#include <functional>
#include <memory>

#include "outbox/core/failure.hpp"
#include "tests/emulator/emulator.hpp"

namespace rolecall::emulator {

class Server {
 public:
  explicit Server(EmulatorOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // 0 picks a free port. Answers the port that was bound.
  Result<std::uint16_t> start(std::uint16_t port = 0);
  // Closes every connection; returns when the thread is gone. Called again it does nothing.
  void stop();
  // Runs `look` on the server's thread and waits for it. Only between start() and stop().
  void inspect(const std::function<void(Emulator&)>& look);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rolecall::emulator
