// memory_store.hpp -- one worker's connection to the memory database, which may fail it.
// Owns:    its place as a listener.
// Thread:  the world's; completions resume on the caller's executor.
// Fails:   as planned. Not executed: unavailable. Executed, answer lost: in_doubt.
// Never:   executes twice, or stops executing because the caller has gone.
#pragma once

#include <functional>
#include <string_view>

#include "outbox/store.hpp"
#include "tests/sim/memory_database.hpp"
#include "tests/sim/virtual_clock.hpp"

namespace rolecall::sim {

// How one statement fares.
struct StatementPlan {
  Micros there{0};
  Micros back{0};
  bool lost = false;         // never reaches the database
  bool answer_lost = false;  // executed; nobody hears of it
};

struct MemoryStoreOptions {
  MemoryDatabase& database;
  VirtualTime& time;
  Clock& clock;                             // the caller's
  boost::asio::any_io_executor executor{};  // where notifications are called
  bool locks = true;                        // false: as behind a transaction pooler
  // Asked once for each statement, by the name of the function. None: all goes well, and no time
  // passes.
  std::function<StatementPlan(std::string_view statement)> plan{};
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(MemoryStoreOptions options);
  ~MemoryStore() override;
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  // The connection of the current session ends; its advisory lock goes with it.
  void lose_session();
  // The process is gone: what is under way may be executed, and nothing new is.
  void cut();

  Task<Result<WorkerId>> open_session(SessionRequest request) override;
  Task<Result<bool>> verify_session(WorkerId worker) override;
  Task<Result<void>> close_session(WorkerId worker) override;
  Task<Result<int>> take_in(int limit) override;
  Task<Result<LeaseBatch>> lease_due(LeaseRequest request) override;
  Task<Result<std::vector<Settled>>> settle(WorkerId worker,
                                            std::vector<Settlement> settlements) override;
  Task<Result<int>> wake(int limit) override;
  Task<Result<RescueReport>> rescue(WorkerId worker) override;
  Task<Result<std::vector<Reduced>>> reduce(int limit, Reducer reducer) override;
  Task<Result<std::vector<Verification>>> take_verifications(WorkerId worker, int limit) override;
  Task<Result<bool>> record_read(RecordedRead read) override;
  Task<Result<PullGrant>> take_pull(WorkerId worker, std::vector<std::string> announced) override;
  Task<Result<RecordedPage>> record_events(WorkerId worker, PullTask task,
                                           PulledPage page) override;
  Task<Result<void>> fail_pull(WorkerId worker, Failure failure, bool gap, Millis retry) override;
  Task<Result<ProviderMode>> report_provider(WorkerId worker, ProviderReport report) override;
  Task<Result<TokenBlock>> take_tokens(RateClass rate_class, int want) override;
  Task<Result<void>> report_throttle(Throttle throttle) override;
  Task<Result<NextDue>> next_due(WorkerId worker) override;
  Task<Result<int>> maintain(WorkerId worker) override;
  Task<Result<int>> keep_partitions() override;
  Task<Result<IdleLook>> idle_look(IdleRequest request) override;
  Task<Result<bool>> begin_sleep(WorkerId worker) override;
  Task<Result<void>> end_sleep(WorkerId worker) override;
  void on_notification(std::function<void()> wake_up) override;

 private:
  struct Link;  // outlives the store while statements are under way
  template <class T, class Work>
  Task<Result<T>> call(std::string_view statement, Work work, Instant deadline = Instant::max());

  MemoryStoreOptions options_;
  std::shared_ptr<Link> link_;
  std::function<void()> wake_up_{};
  std::int64_t listener_ = 0;
};

}  // namespace rolecall::sim
