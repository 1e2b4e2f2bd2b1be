// traffic.hpp -- concurrent clients that change roles and members in SQL, as an application would.
// Owns:    its threads and their connections.
// Thread:  start() and join() from one thread; counts are readable any time.
// Fails:   an SQL error that is neither a retry nor a refusal ends the traffic; join() throws it.
// Never:   touches WorkOS or the outbox.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "tests/demo/plan.hpp"

namespace rolecall::demo {

struct TrafficCounts {
  std::atomic<int> committed{0};
  std::atomic<int> refused{0};  // the application's rules said no: last admin, name taken...
  std::atomic<int> retried{0};  // serialization failures and deadlocks, tried again
};

class Traffic {
 public:
  struct State;  // shared with its clients
  Traffic(const Plan& plan, std::string database_url);
  ~Traffic();
  void start();
  bool finished() const;
  void join();
  const TrafficCounts& counts() const;

 private:
  std::unique_ptr<State> state_;
};

// Organizations, environment roles and users, as they stand before the traffic begins.
std::string organization_id(int number);
std::string workos_organization_id(int number);
std::string user_id(int number);
std::string workos_user_id(int number);

}  // namespace rolecall::demo
