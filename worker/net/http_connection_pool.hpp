// http_connection_pool.hpp -- at most N connections to one place, kept open between requests.
// Owns:    the idle connections; a borrowed one belongs to its Borrowed until that ends.
// Thread:  one executor. Held by shared_ptr, because a Borrowed may outlive the client.
// Fails:   a borrower that waited until its deadline gets none.
// Never:   hands out a connection that the other side has closed, as far as can be seen.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "worker/clock.hpp"
#include "worker/net/http_connection.hpp"

namespace rolecall {

struct PoolLimits {
  std::size_t max_connections = 80;
  Millis idle_timeout{30'000};
};

struct PoolUse {
  std::size_t busy = 0;
  std::size_t idle = 0;
  std::size_t waiting = 0;
};

class HttpConnectionPool : public std::enable_shared_from_this<HttpConnectionPool> {
 public:
  using MakeConnection = std::function<std::shared_ptr<HttpConnection>()>;

  // A place in the pool with a connection on it: open when it was kept, else to be connected.
  class Borrowed {
   public:
    Borrowed(std::shared_ptr<HttpConnectionPool> pool, std::shared_ptr<HttpConnection> connection);
    Borrowed(Borrowed&&) noexcept = default;
    Borrowed& operator=(Borrowed&&) = delete;
    ~Borrowed();  // gives the place back; closes the connection unless keep() was called

    HttpConnection& connection() const { return *connection_; }
    std::shared_ptr<HttpConnection> share() const { return connection_; }
    void keep() { kept_ = true; }

   private:
    std::shared_ptr<HttpConnectionPool> pool_;
    std::shared_ptr<HttpConnection> connection_;
    bool kept_ = false;
  };

  HttpConnectionPool(boost::asio::any_io_executor executor, const Clock& clock, PoolLimits limits,
                     MakeConnection make);

  // None: no place became free before the deadline.
  Task<std::optional<Borrowed>> borrow(Instant deadline);
  PoolUse use() const;
  // No connection is kept from now on, and the clock is not read again.
  void shut();

 private:
  struct Idle {
    std::shared_ptr<HttpConnection> connection;
    Instant since;
  };
  struct Waiter;

  std::shared_ptr<HttpConnection> take_idle_or_make();
  void give_back(std::shared_ptr<HttpConnection> connection, bool kept);
  void free_place();

  boost::asio::any_io_executor executor_;
  const Clock& clock_;
  PoolLimits limits_;
  MakeConnection make_;
  bool shut_ = false;
  std::size_t busy_ = 0;
  std::vector<Idle> idle_;  // oldest first
  std::deque<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace rolecall
