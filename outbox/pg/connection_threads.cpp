#include "outbox/pg/connection_threads.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace rolecall {
namespace {

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{2000};

}  // namespace

Result<Connection*> Slot::ensure(const ConnectionString& string, bool prepares) {
  if (connection && connection->look()) return &*connection;
  connection.reset();
  const auto now = std::chrono::steady_clock::now();
  if (now < not_before_)
    return Failure{.kind = FailureClass::unavailable,
                   .code = "database_unreachable",
                   .detail = "no connection to the database; it is tried again in a moment",
                   .retry_after = std::chrono::duration_cast<Millis>(not_before_ - now)};
  auto opened = Connection::open(string);
  if (opened.has_error()) {
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    not_before_ = std::chrono::steady_clock::now() + pause_;
    return opened.error();
  }
  pause_ = {};
  connection.emplace(std::move(*opened));
  if (!prepares) connection->unprepared();
  return &*connection;
}

struct ConnectionThreads::Inside {
  explicit Inside(std::function<void()> notified) : on_notification(std::move(notified)) {}
  ~Inside() { ::close(event); }

  // The descriptor counts the jobs: a thread can wait for a job and for its connection at once.
  int event = ::eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
  std::function<void()> on_notification;
  std::atomic<bool> closing = false;
  std::mutex mutex{};
  std::deque<Job> jobs{};
  std::vector<std::thread> threads{};

  void add(Job job) {
    {
      const std::lock_guard hold(mutex);
      jobs.push_back(std::move(job));
    }
    ring(1);
  }

  void ring(std::uint64_t count) {
    // An eventfd refuses a write only when 2^64 jobs wait.
    static_cast<void>(::write(event, &count, sizeof count));
  }

  std::optional<Job> take() {
    const std::lock_guard hold(mutex);
    if (jobs.empty()) return std::nullopt;
    Job job = std::move(jobs.front());
    jobs.pop_front();
    return job;
  }

  void wait(Slot& slot) {
    std::array<pollfd, 2> ready{{{event, POLLIN, 0}, {-1, POLLIN, 0}}};
    if (slot.connection) ready[1].fd = slot.connection->descriptor();
    if (::poll(ready.data(), ready.size(), -1) < 0) return;
    if (ready[0].revents != 0) {
      std::uint64_t one = 0;
      static_cast<void>(::read(event, &one, sizeof one));  // another thread may have been quicker
    }
    if (ready[1].revents != 0) heed(slot);
  }

  // The server said something unasked: notifications, or its farewell.
  void heed(Slot& slot) {
    const bool there = slot.connection->look();
    const int told = there ? slot.connection->take_notifications() : 0;
    const bool lost = !there || !slot.connection->is_open();
    if (lost) slot.connection.reset();
    // Who sleeps on this connection's notifications must learn that none will come, too.
    if ((told > 0 || lost) && on_notification) on_notification();
  }

  void run() {
    Slot slot;
    while (!closing) {
      while (auto job = take()) {
        (*job)(closing ? nullptr : &slot);
        // The server sends what came during a statement together with its answer.
        if (slot.connection) heed(slot);
      }
      if (!closing) wait(slot);
    }
  }
};

ConnectionThreads::ConnectionThreads(int threads, std::function<void()> on_notification)
    : inside_(std::make_unique<Inside>(std::move(on_notification))) {
  for (int i = 0; i < std::max(threads, 1); ++i)
    inside_->threads.emplace_back([inside = inside_.get()] { inside->run(); });
}

ConnectionThreads::~ConnectionThreads() {
  inside_->closing = true;
  inside_->ring(inside_->threads.size());
  for (auto& thread : inside_->threads) thread.join();
  while (auto job = inside_->take()) (*job)(nullptr);
}

void ConnectionThreads::post(Job job) {
  inside_->add(std::move(job));
}

}  // namespace rolecall
