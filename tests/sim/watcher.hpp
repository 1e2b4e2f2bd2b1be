// watcher.hpp -- what the memory database tells the checkers: every change, as it is made.
// Owns:    nothing.
// Thread:  called inside the transaction.
// Fails:   never.
// Never:   feeds back: no watcher changes a row.
#pragma once

#include "tests/sim/tables.hpp"

namespace rolecall::sim {

class DatabaseWatcher {
 public:
  virtual ~DatabaseWatcher() = default;
  virtual void published(const OutboxRow&) {}
  virtual void taken_in(const OutboxRow&) {}
  virtual void leased(const Subject&, const LaneRow& /*before*/, const LaneRow& /*after*/) {}
  // `before` and `after` are null if there is no lane.
  virtual void settled(const Settlement&, SettleResult, const LaneRow* /*before*/,
                       const LaneRow* /*after*/) {}
  // A rescue, or a closing session, took the lane back.
  virtual void freed(const Subject&, const LaneRow& /*before*/,
                     const SessionRow& /*of its worker*/) {}
  // Any change at all, the above included.
  virtual void changed(const Subject&, const LaneRow&) {}
  virtual void reduced(const SubjectFacts&, const Result<Reduction>&) {}
};

}  // namespace rolecall::sim
