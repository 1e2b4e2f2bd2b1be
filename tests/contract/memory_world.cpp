// The contract's world in memory: the simulator's database and store, on virtual time.
#include "tests/contract/store_contract.hpp"
#include "tests/sim/memory_store.hpp"

namespace rolecall::contract {
namespace {

constexpr WallTime kEpoch{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15}};

class MemoryWorld final : public World {
 public:
  Store& store() override { return store_; }
  testing::Loop& loop() override { return loop_; }
  void pass(Millis time) override {
    time_.book(time_.now() + time, [] {});
    time_.step();
  }

  std::int64_t mutate(const Change& change) override {
    std::vector<sim::Wait> waits;
    for (const auto& wait : change.waits) waits.push_back({wait.subject, wait.version});
    return database_
        .mutate({Subject{change.subject}, OrganizationId{change.organization}, change.kind,
                 change.desired, change.priority, std::move(waits), "a test"})
        .number();
  }

  void lock_lane(const std::string& subject) override { database_.lock_lane(Subject{subject}); }
  void unlock_lane(const std::string& subject) override { database_.unlock_lane(Subject{subject}); }
  void retry(const std::string& subject) override { database_.retry(Subject{subject}); }
  void hold(const std::string& subject) override { database_.hold(Subject{subject}); }
  void release(const std::string& subject) override { database_.release(Subject{subject}); }
  void cancel(const std::string& subject) override { database_.cancel(Subject{subject}); }
  void pause_provider() override { database_.pause_provider(); }
  void resume_provider() override { database_.resume_provider(); }
  void limit_calls(RateClass rate_class, int calls, Millis in) override {
    database_.budgets().limit(rate_class, calls, in);
  }
  void lose_session(WorkerId worker) override { database_.lose_lock(worker); }

  LaneView lane(const std::string& subject) override {
    const auto& lanes = database_.tables().lanes;
    const auto at = lanes.find(Subject{subject});
    if (at == lanes.end()) return {};
    const auto& lane = at->second;
    return {.state = std::string(name_of(lane.state)),
            .wanted = lane.wanted.number(),
            .delivered = lane.delivered.number(),
            .attempts = lane.attempts,
            .leases = lane.leases,
            .priority = lane.priority,
            .waits = lane.waits_on.has_value(),
            .looking = lane.look_after.has_value(),
            .failure_class = lane.failure ? std::string(name_of(lane.failure->kind)) : "",
            .failure_code = lane.failure ? lane.failure->code : ""};
  }

  std::vector<SendView> sends(const std::string& subject) override {
    std::vector<SendView> all;
    for (const auto& [id, send] : database_.tables().sends)
      if (send.subject == Subject{subject})
        all.push_back({std::string(name_of(send.operation)), send.version.number(),
                       std::string(name_of(send.state))});
    return all;
  }

  std::int64_t outbox_rows() override {
    return static_cast<std::int64_t>(database_.tables().outbox.size());
  }
  std::int64_t version(const std::string& subject) override {
    return database_.tables().subjects.at(Subject{subject}).version.number();
  }
  std::int64_t confirmed(const std::string& subject) override {
    const auto* row = observed(subject);
    return row ? row->confirmed.number() : 0;
  }
  bool reduce_due(const std::string& subject) override {
    const auto* row = observed(subject);
    return row && row->reduce_due_at;
  }
  std::string reduce_failure(const std::string& subject) override {
    const auto* row = observed(subject);
    return row ? row->reduce_failure : "";
  }

 private:
  const sim::ObservedRow* observed(const std::string& subject) const {
    const auto& rows = database_.tables().observed;
    const auto at = rows.find(Subject{subject});
    return at == rows.end() ? nullptr : &at->second;
  }

  sim::VirtualTime time_;
  sim::VirtualClock clock_{time_};
  sim::MemoryDatabase database_{clock_, kEpoch};
  testing::Loop loop_;
  sim::MemoryStore store_{{database_, time_, clock_, loop_.executor()}};
};

const Registration kMemory("Memory", [] { return std::make_unique<MemoryWorld>(); });

}  // namespace
}  // namespace rolecall::contract
