#include "worker/net/http_connection_pool.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace rolecall {

struct HttpConnectionPool::Waiter {
  explicit Waiter(const boost::asio::any_io_executor& executor) : timer(executor) {}
  boost::asio::steady_timer timer;
  bool granted = false;  // a place was passed on to this waiter; busy_ already counts it
  bool gone = false;
};

HttpConnectionPool::HttpConnectionPool(boost::asio::any_io_executor executor, const Clock& clock,
                                       PoolLimits limits, MakeConnection make)
    : executor_(std::move(executor)), clock_(clock), limits_(limits), make_(std::move(make)) {}

Task<std::optional<HttpConnectionPool::Borrowed>> HttpConnectionPool::borrow(Instant deadline) {
  auto self = shared_from_this();
  std::optional<Borrowed> borrowed;
  if (busy_ < limits_.max_connections) {
    ++busy_;
    borrowed.emplace(self, take_idle_or_make());
    co_return borrowed;
  }
  auto waiter = std::make_shared<Waiter>(executor_);
  // The coroutine may be destroyed while it waits; a granted place goes on to the next.
  struct Leave {
    HttpConnectionPool& pool;
    Waiter& waiter;
    bool taken = false;
    ~Leave() {
      waiter.gone = true;
      if (waiter.granted && !taken) pool.free_place();
    }
  } leave{*self, *waiter};
  waiters_.push_back(waiter);
  waiter->timer.expires_after(deadline - clock_.now());
  co_await waiter->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  if (!waiter->granted) co_return borrowed;
  leave.taken = true;
  borrowed.emplace(self, take_idle_or_make());
  co_return borrowed;
}

std::shared_ptr<HttpConnection> HttpConnectionPool::take_idle_or_make() {
  const auto oldest = clock_.now() - limits_.idle_timeout;
  std::erase_if(idle_, [&](const Idle& idle) { return idle.since < oldest; });
  // The newest first: the pool shrinks by itself when less is asked of it.
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back().connection);
    idle_.pop_back();
    if (connection->is_quiet()) return connection;
  }
  return make_();
}

void HttpConnectionPool::give_back(std::shared_ptr<HttpConnection> connection, bool kept) {
  if (kept && !shut_ && connection->is_open())
    idle_.push_back({std::move(connection), clock_.now()});
  else
    connection->close();
  free_place();
}

void HttpConnectionPool::free_place() {
  std::erase_if(waiters_, [](const auto& waiter) { return waiter->gone; });
  if (waiters_.empty()) {
    --busy_;
    return;
  }
  auto next = std::move(waiters_.front());
  waiters_.pop_front();
  next->granted = true;
  next->timer.cancel();
}

PoolUse HttpConnectionPool::use() const {
  const auto waiting =
      std::ranges::count_if(waiters_, [](const auto& waiter) { return !waiter->gone; });
  return {.busy = busy_, .idle = idle_.size(), .waiting = static_cast<std::size_t>(waiting)};
}

void HttpConnectionPool::shut() {
  shut_ = true;
  idle_.clear();
}

HttpConnectionPool::Borrowed::Borrowed(std::shared_ptr<HttpConnectionPool> pool,
                                       std::shared_ptr<HttpConnection> connection)
    : pool_(std::move(pool)), connection_(std::move(connection)) {}

HttpConnectionPool::Borrowed::~Borrowed() {
  if (pool_) pool_->give_back(std::move(connection_), kept_);
}

}  // namespace rolecall
