// loopback.hpp -- the other end of a connection, scripted; and a way to run a coroutine to its end.
// Owns:    its listening socket, until it is destroyed.
// Thread:  one thread: client and peer share the io_context.
// Fails:   a run that takes longer than ten seconds fails its test.
// Never:   listens beyond 127.0.0.1.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "outbox/task.hpp"

namespace rolecall::testing {

using boost::asio::ip::tcp;

// Runs the context until the task is over.
template <class T>
T run(boost::asio::io_context& io, Task<T> task) {
  std::optional<T> answer;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
    if (error) std::rethrow_exception(error);
    answer.emplace(std::move(value));
  });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  io.restart();
  while (!answer && std::chrono::steady_clock::now() < end && io.run_one_until(end) > 0) {
  }
  if (!answer) throw std::runtime_error("the task did not end within ten seconds");
  return *std::move(answer);
}

// Runs the context until `done` says so.
void run_until(boost::asio::io_context& io, const std::function<bool()>& done);

class Peer {
 public:
  using Script = std::function<Task<void>(tcp::socket)>;
  Peer(boost::asio::io_context& io, Script script);
  ~Peer();

  std::uint16_t port() const;
  std::string url(const std::string& scheme = "http") const;
  int connections() const;  // accepted so far
  int ended() const;        // scripts that came to their end

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Reads one request: its head, and as many body bytes as content-length says. Empty: the end came
// first.
Task<std::string> read_request(tcp::socket& socket);
Task<void> write_text(tcp::socket& socket, std::string text);
// Waits until the other side closes.
Task<void> wait_for_end(tcp::socket& socket);
// Closes with a reset instead of an orderly end.
void reset(tcp::socket& socket);

// Answers `text` to every request, on as many connections as come.
Peer::Script answering(std::string text);
std::string answer_text(int status, const std::string& body, const std::string& headers = "");

// Connects, sends `text`, and answers everything that came until the end.
Task<std::string> talk(std::uint16_t port, std::string text);

// A port on which nobody listens.
std::uint16_t closed_port(boost::asio::io_context& io);

}  // namespace rolecall::testing
