// settle_queue.hpp -- results on their way to the store: what goes next, and again.
// Owns:    the results until they are recorded, found stale, or past their lease.
// Thread:  the engine's executor.
// Fails:   never; answers and failures come in through its functions.
// Never:   gives up a result while its lease lasts: repeating one is safe, its token fences it.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "outbox/core/exchange.hpp"
#include "worker/core/limits.hpp"
#include "worker/core/pacing.hpp"

namespace rolecall {

struct SettleEntry {
  WorkerId worker{};    // the session under which it was leased
  Instant lease_end{};  // by our clock
  OrganizationId organization{};
  std::string kind{};
  Version version{};
  OutboxId outbox_id{};
  std::int64_t replaced = 0;  // older versions that this one replaces unsaid
  Settlement settlement{};
  Instant ready_at{Instant::min()};
  int tries = 0;
};

// A batch of one session's results, or (empty) when to look again.
struct SettleNext {
  WorkerId worker{};
  std::vector<Settlement> batch{};
  std::optional<Instant> look_again{};  // none: nothing waits
};

struct SettleEnd {
  SettleEntry entry;
  SettleResult result = SettleResult::ok;  // busy: it was put back
};

class SettleQueue {
 public:
  explicit SettleQueue(const Limits& limits);

  void add(SettleEntry entry) { waiting_.push_back(std::move(entry)); }
  // At most one batch is out at a time. What somebody else has locked goes along with any batch.
  SettleNext next(Instant now);
  // The store's answers for the batch that is out, in its order. Must be as many.
  std::vector<SettleEnd> answered(Instant now, const std::vector<Settled>& answers);
  // The batch that is out did not arrive, or nobody knows.
  void failed(Instant now, const Failure& failure, double fraction);
  // Takes out what was tried and whose lease is over.
  std::vector<SettleEntry> expired(Instant now);
  // Drain: no result is kept longer than this.
  void finish_by(Instant end) { finish_by_ = end; }

  std::size_t size() const { return waiting_.size() + out_.size(); }
  std::size_t out() const { return out_.size(); }

 private:
  Instant end_of(const SettleEntry& entry) const;

  Limits limits_;
  std::deque<SettleEntry> waiting_{};
  std::vector<SettleEntry> out_{};
  std::size_t batch_limit_;              // halved while batches are refused, so that one bad result
  Instant pause_until_{Instant::min()};  // does not keep the others
  std::optional<Instant> finish_by_{};
  RetryPace pace_;
};

}  // namespace rolecall
