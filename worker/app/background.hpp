// background.hpp -- a thread with a database connection of its own, for what may block.
// Owns:    one thread and one connection, made anew after it was lost.
// Thread:  call on the executor; work runs on the thread, one piece after another.
// Fails:   as the work does; unavailable when there is no connection.
// Never:   used by the engine; the store has its own.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <string>
#include <utility>

#include "outbox/pg/query.hpp"
#include "outbox/task.hpp"
#include "worker/core/secret.hpp"

namespace rolecall {

class Background {
 public:
  Background(Secret database_url, Millis statement_timeout)
      : database_url_(std::move(database_url)), statement_timeout_(statement_timeout) {}
  // Waits for the piece of work that is under way.
  ~Background() { thread_.join(); }
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // `work` is given the connection; it may outlive neither this object nor what it refers to.
  template <class T, class Work>
  Task<Result<T>> with_database(Work work) {
    co_return co_await boost::asio::co_spawn(thread_, on_thread<T>(std::move(work)),
                                             boost::asio::use_awaitable);
  }

 private:
  template <class T, class Work>
  Task<Result<T>> on_thread(Work work) {
    if (!database_ || !database_->is_open()) {
      auto connected = Database::connect(database_url_.reveal(), statement_timeout_);
      if (!connected) co_return connected.error();
      database_.emplace(std::move(*connected));
    }
    co_return work(*database_);
  }

  Secret database_url_;
  Millis statement_timeout_;
  std::optional<Database> database_{};
  boost::asio::thread_pool thread_{1};
};

}  // namespace rolecall
