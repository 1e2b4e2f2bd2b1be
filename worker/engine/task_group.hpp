// task_group.hpp -- the coroutines of one engine: none outlives it unseen.
// Owns:    a count of what runs; each coroutine keeps alive what it was spawned with.
// Thread:  one single-threaded executor.
// Fails:   a task that throws is a defect: its exception leaves through the executor's run().
// Never:   cancels; tasks end by themselves when their engine stops.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "outbox/task.hpp"
#include "worker/clock.hpp"

namespace rolecall {

class TaskGroup {
 public:
  TaskGroup(boost::asio::any_io_executor executor, Clock& clock);

  // `keep` lives as long as the task.
  void spawn(std::shared_ptr<void> keep, Task<void> task);
  // Until none runs.
  Task<void> join();

 private:
  boost::asio::any_io_executor executor_;
  Clock& clock_;
  std::unique_ptr<Timer> ended_;
  int running_ = 0;
};

}  // namespace rolecall
