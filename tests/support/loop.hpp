// loop.hpp -- runs a Task of a test to its end, on one thread.
// Owns:    an io_context.
// Thread:  the test's own.
// Fails:   throws std::runtime_error when a task has not ended after the given time.
// Never:   leaves a task running: those that did not end are destroyed with the loop.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

#include "outbox/task.hpp"

namespace rolecall::testing {

class Loop {
 public:
  boost::asio::any_io_executor executor() { return context_.get_executor(); }

  template <class T>
  T run(Task<T> task, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    std::optional<T> out;
    boost::asio::co_spawn(context_, std::move(task), [&out](std::exception_ptr error, T value) {
      if (error) std::rethrow_exception(error);
      out.emplace(std::move(value));
    });
    run_until([&out] { return out.has_value(); }, limit);
    return *std::move(out);
  }

  // Runs what is ready until `done` says so.
  void run_until(const std::function<bool()>& done,
                 std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      context_.restart();
      if (std::chrono::steady_clock::now() >= end)
        throw std::runtime_error("what the test waits for did not happen in time");
      context_.run_one_until(end);
    }
  }

 private:
  boost::asio::io_context context_;
};

}  // namespace rolecall::testing
