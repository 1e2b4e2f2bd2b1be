// connection_threads.hpp -- threads, each with one place for a connection, that take jobs in turn.
// Owns:    its threads and their connections.
// Thread:  post from any; a job runs on one of the threads, alone with that thread's Slot.
// Fails:   a job reports for itself; without a Slot it is told that all is being closed.
// Never:   lets a job be forgotten: each is run, or told of the closing.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "outbox/core/failure.hpp"
#include "outbox/pg/connection.hpp"

namespace rolecall {

// One thread's connection, and when a lost one may be tried again.
class Slot {
 public:
  // The open connection, or a new one. Until the pause after a failed attempt is over: unavailable.
  Result<Connection*> ensure(const ConnectionString& string, bool prepares);
  std::optional<Connection> connection{};

 private:
  std::chrono::steady_clock::time_point not_before_{};
  std::chrono::milliseconds pause_{0};
};

class ConnectionThreads {
 public:
  using Job = std::function<void(Slot*)>;  // null: closing

  // `on_notification` is called on a thread of ours, at most once for what came together; also when
  // an idle connection was lost.
  ConnectionThreads(int threads, std::function<void()> on_notification);
  ~ConnectionThreads();  // waits for the jobs that run; those that wait are told of the closing
  ConnectionThreads(const ConnectionThreads&) = delete;
  ConnectionThreads& operator=(const ConnectionThreads&) = delete;

  void post(Job job);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace rolecall
