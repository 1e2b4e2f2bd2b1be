// scripted_store.hpp -- a store of a few rows whose every call is a step that may fail.
// Owns:    lanes, sessions and facts, in plain view of the tests.
// Thread:  the test's.
// Fails:   as its steps are scripted.
// Never:   stands for Postgres; the contract suite does that. It holds what the engine relies on.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "outbox/store.hpp"
#include "tests/unit/worker/steps.hpp"

namespace rolecall::test {

struct FakeLane {
  Subject subject;
  Version wanted;
  Version delivered;
  LaneState state = LaneState::due;
  Instant due_at{};
  LeaseToken token{};
  WorkerId leased_by{};
  Instant lease_end{};
  int leases = 0;
  std::vector<Settlement> settled{};  // what was recorded, in order
};

class ScriptedStore final : public Store {
 public:
  ScriptedStore(Clock& clock, Steps& steps) : clock_(clock), steps_(steps) {}

  void enqueue(const std::string& subject);
  // The session's connection broke: its lock is free.
  void end_session(WorkerId worker) { sessions.erase(worker); }
  bool all_delivered() const;
  // A call for this subject may leave now: it is leased, in time, by a live session.
  bool may_send(const Subject& subject) const;

  std::map<Subject, FakeLane> lanes{};
  std::deque<std::pair<Subject, Version>> outbox{};
  std::map<Subject, Version> versions{};
  std::set<WorkerId> sessions{};
  std::set<Subject> busy{};             // locked by somebody else
  std::set<Subject> facts{};            // to be reduced
  std::map<Subject, Instant> verify{};  // reads that are due
  std::set<Subject> seen{};             // read back
  std::set<Subject> confirmed{};
  std::vector<ProviderReport> reports{};
  std::vector<Throttle> throttles{};
  // Of the next tokens that are taken; by default whoever asks may call at once.
  std::deque<TokenBlock> blocks{};
  ProviderMode provider = ProviderMode::up;
  Millis next_probe{0};
  std::deque<PullGrant> grants{};        // of the next pulls that are asked for; then: off
  std::optional<Millis> pull_in{};       // as next_due tells it
  std::optional<Millis> reconcile_in{};  // a turn of reconciliation
  // Set: whoever asks and lives pulls from here; pages are compared with it, and move it.
  std::optional<std::string> cursor{};
  bool stream_read = false;  // to its end; the next who asks is told to wait
  std::vector<std::string> announced{};
  std::vector<std::pair<PullTask, PulledPage>> pages{};  // recorded
  bool fences_pulls = false;
  std::vector<std::pair<Failure, bool>> failed_pulls{};
  std::vector<Millis> pull_retries{};  // as fail_pull asked for
  int refuse_sleep = 0;                // so many times
  bool sleep_locked = false;
  bool others_hold_leases = false;
  bool session_answers = true;  // else verify_session fails
  std::function<void()> notification{};
  int slept_with_work = 0;  // the sleep lock was given while an outbox row waited

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
  void on_notification(std::function<void()> wake_up) override {
    notification = std::move(wake_up);
  }

 private:
  // One step around `apply`; void answers as well.
  template <class Apply, class Answer = std::invoke_result_t<Apply>>
  Task<Result<Answer>> step(std::string name, Apply apply);
  Settled settle_one(const Settlement& settlement);
  LeaseBatch lease(const LeaseRequest& request);
  NextDue look() const;
  RescueReport free_lanes();

  Clock& clock_;
  Steps& steps_;
  std::int64_t last_worker_ = 0;
  std::int64_t last_token_ = 0;
};

}  // namespace rolecall::test
