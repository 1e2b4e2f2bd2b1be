// hop.hpp -- from a coroutine to a connection's thread and back.
// Owns:    nothing.
// Thread:  await on the engine's executor; the work runs on a thread of `threads`; the completion
//          comes back to the executor. That executor's context outlives the threads.
// Fails:   Result<T>; unavailable when the threads are being closed or the deadline passed.
// Never:   blocks the executor. Work whose deadline passed still runs to its end; its answer is
//          dropped.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "outbox/pg/connection_threads.hpp"
#include "outbox/task.hpp"

namespace rolecall {

template <class T>
using Work = std::function<Result<T>(Slot&)>;

namespace hop_detail {

inline Failure closing() {
  return Failure{.kind = FailureClass::unavailable,
                 .code = "store_closed",
                 .detail = "the store is being closed"};
}

inline Failure too_late(Millis deadline) {
  return Failure{
      .kind = FailureClass::unavailable,
      .code = "no_answer",
      .detail = "the database did not answer within " + std::to_string(deadline.count()) + " ms"};
}

// One wait: whoever comes first, answer or deadline, completes it; both happen on the executor.
template <class T, class Handler>
struct Wait {
  Wait(Handler h, boost::asio::any_io_executor e)
      : handler(std::move(h)), executor(e), guard(e), timer(e) {}

  void complete(Result<T> result) {
    if (!handler) return;
    timer.cancel();
    guard.reset();
    Handler taken = std::move(*handler);
    handler.reset();
    taken(std::move(result));
  }

  std::optional<Handler> handler;
  boost::asio::any_io_executor executor;
  boost::asio::executor_work_guard<boost::asio::any_io_executor> guard;
  boost::asio::steady_timer timer;
};

}  // namespace hop_detail

template <class T>
Task<Result<T>> on_connection(ConnectionThreads& threads, Work<T> work,
                              std::optional<Millis> deadline = {}) {
  namespace asio = boost::asio;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto start = [&threads, &work, &executor, deadline](auto handler) {
    using Handler = std::decay_t<decltype(handler)>;
    using State = hop_detail::Wait<T, Handler>;
    auto wait = std::make_shared<State>(std::move(handler), executor);
    if (deadline) {
      wait->timer.expires_after(*deadline);
      wait->timer.async_wait([wait, deadline](const boost::system::error_code& cancelled) {
        if (!cancelled) wait->complete(hop_detail::too_late(*deadline));
      });
    }
    threads.post([wait = std::move(wait), work = std::move(work)](Slot* slot) mutable {
      Result<T> result = slot != nullptr ? work(*slot) : Result<T>(hop_detail::closing());
      // The state moves on, so that its last owner is the executor and not this thread.
      const asio::any_io_executor back = wait->executor;
      asio::post(back, [wait = std::move(wait), result = std::move(result)]() mutable {
        wait->complete(std::move(result));
      });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<T>)>(
      start, asio::use_awaitable);
}

}  // namespace rolecall
