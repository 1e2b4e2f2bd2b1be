#include "worker/engine/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace rolecall {
namespace {

constexpr std::chrono::hours kFar{1};

}  // namespace

TaskGroup::TaskGroup(boost::asio::any_io_executor executor, Clock& clock)
    : executor_(std::move(executor)), clock_(clock), ended_(clock.make_timer()) {}

void TaskGroup::spawn(std::shared_ptr<void> keep, Task<void> task) {
  ++running_;
  boost::asio::co_spawn(executor_, std::move(task),
                        [this, keep = std::move(keep)](std::exception_ptr thrown) {
                          --running_;
                          ended_->cancel();
                          if (thrown) std::rethrow_exception(thrown);
                        });
}

Task<void> TaskGroup::join() {
  while (running_ > 0) co_await ended_->wait_until(clock_.now() + kFar);
}

}  // namespace rolecall
