// store.hpp -- the one door to durable state.
// Owns:    nothing; an implementation owns its connections.
// Thread:  call on the engine's executor; completions resume there.
// Fails:   Result<T>; lease_lost and in_doubt are ordinary answers. Never throws.
// Never:   reads a worker's clock, repeats a statement whose fate is unknown, or logs.
#pragma once

#include <functional>
#include <vector>

#include "outbox/core/events.hpp"
#include "outbox/core/exchange.hpp"
#include "outbox/core/rate.hpp"
#include "outbox/task.hpp"

namespace rolecall {

class Store {
 public:
  virtual ~Store() = default;

  // A new worker_sessions row and its advisory lock, in this order. A lost session is never
  // revived.
  virtual Task<Result<WorkerId>> open_session(SessionRequest request) = 0;
  // True: the session lives and was not retired. Answers within 500 ms or fails.
  virtual Task<Result<bool>> verify_session(WorkerId worker) = 0;
  virtual Task<Result<void>> close_session(WorkerId worker) = 0;

  // outbox -> lanes, each row once; and what logins asked to have read. Answers how many in all.
  virtual Task<Result<int>> take_in(int limit) = 0;
  virtual Task<Result<LeaseBatch>> lease_due(LeaseRequest request) = 0;
  // One answer for each settlement, in their order.
  virtual Task<Result<std::vector<Settled>>> settle(WorkerId worker,
                                                    std::vector<Settlement> settlements) = 0;
  // Lanes whose wait is over, or lasted too long, become due. Answers how many.
  virtual Task<Result<int>> wake(int limit) = 0;
  virtual Task<Result<RescueReport>> rescue(WorkerId worker) = 0;

  // Runs `reducer` over up to `limit` subjects with new facts, each under its lock, one
  // transaction.
  virtual Task<Result<std::vector<Reduced>>> reduce(int limit, Reducer reducer) = 0;
  virtual Task<Result<std::vector<Verification>>> take_verifications(WorkerId worker,
                                                                     int limit) = 0;
  // False: something moved meanwhile; the read was discarded and is due again.
  virtual Task<Result<bool>> record_read(RecordedRead read) = 0;

  // The pull of events, one worker at a time. `announced`: ids that webhooks told of.
  virtual Task<Result<PullGrant>> take_pull(WorkerId worker,
                                            std::vector<std::string> announced) = 0;
  virtual Task<Result<RecordedPage>> record_events(WorkerId worker, PullTask task,
                                                   PulledPage page) = 0;
  // It failed, and is tried again after `retry`; gap: events may be lost, and it is not.
  virtual Task<Result<void>> fail_pull(WorkerId worker, Failure failure, bool gap,
                                       Millis retry) = 0;

  virtual Task<Result<ProviderMode>> report_provider(WorkerId worker, ProviderReport report) = 0;
  // Up to `want` calls of this class that no other replica makes; none: when to ask again.
  virtual Task<Result<TokenBlock>> take_tokens(RateClass rate_class, int want) = 0;
  // Slows every replica, from the next tokens that it takes.
  virtual Task<Result<void>> report_throttle(Throttle throttle) = 0;
  virtual Task<Result<NextDue>> next_due(WorkerId worker) = 0;
  // Sends that aged out, worker rows long gone. Answers what was done, for the trace.
  virtual Task<Result<int>> maintain(WorkerId worker) = 0;
  // Partitions ahead, retention; may take seconds. Answers what was done, for the trace.
  virtual Task<Result<int>> keep_partitions() = 0;
  // wake, rescue, maintain where it is asked for, and next_due, as one statement.
  virtual Task<Result<IdleLook>> idle_look(IdleRequest request) = 0;

  // Sleeping without a lost wake-up (docs/decisions/0002): true = sleep on; false = an enqueuer
  // that decided not to notify is still open, look again soon.
  virtual Task<Result<bool>> begin_sleep(WorkerId worker) = 0;
  virtual Task<Result<void>> end_sleep(WorkerId worker) = 0;
  // Called on the engine's executor when a notification arrives, or can no longer arrive. Set
  // once, before the first session.
  virtual void on_notification(std::function<void()> wake_up) = 0;
};

}  // namespace rolecall
