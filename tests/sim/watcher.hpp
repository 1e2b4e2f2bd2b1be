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

// Two that watch as one.
class BothWatch final : public DatabaseWatcher {
 public:
  BothWatch(DatabaseWatcher& first, DatabaseWatcher& second) : first_(first), second_(second) {}
  void published(const OutboxRow& row) override {
    first_.published(row);
    second_.published(row);
  }
  void taken_in(const OutboxRow& row) override {
    first_.taken_in(row);
    second_.taken_in(row);
  }
  void leased(const Subject& subject, const LaneRow& before, const LaneRow& after) override {
    first_.leased(subject, before, after);
    second_.leased(subject, before, after);
  }
  void settled(const Settlement& s, SettleResult result, const LaneRow* before,
               const LaneRow* after) override {
    first_.settled(s, result, before, after);
    second_.settled(s, result, before, after);
  }
  void freed(const Subject& subject, const LaneRow& before, const SessionRow& session) override {
    first_.freed(subject, before, session);
    second_.freed(subject, before, session);
  }
  void changed(const Subject& subject, const LaneRow& lane) override {
    first_.changed(subject, lane);
    second_.changed(subject, lane);
  }
  void reduced(const SubjectFacts& facts, const Result<Reduction>& reduction) override {
    first_.reduced(facts, reduction);
    second_.reduced(facts, reduction);
  }

 private:
  DatabaseWatcher& first_;
  DatabaseWatcher& second_;
};

}  // namespace rolecall::sim
