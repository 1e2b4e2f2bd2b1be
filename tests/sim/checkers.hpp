// checkers.hpp -- the invariants I2 to I7 and I13, asserted on every event from an own ledger.
// Owns:    the ledger and the first violation.
// Thread:  called inside transactions and from engines' traces.
// Fails:   by remembering what was violated; the world ends the run.
// Never:   changes anything.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "outbox/core/trace.hpp"
#include "tests/sim/chaos.hpp"
#include "tests/sim/memory_database.hpp"

namespace rolecall::sim {

class Checkers final : public DatabaseWatcher {
 public:
  Checkers(const MemoryDatabase& database, Tally& tally) : database_(database), tally_(tally) {}

  const std::optional<std::string>& violation() const { return violation_; }
  void violated(std::string what);

  // Whether WorkOS holds this state now; asked when a version is confirmed.
  std::function<bool(const SubjectFacts&)> workos_holds{};
  // Did somebody else write to this object, and did the stream tell all that they did?
  std::function<bool(const std::string& object)> others_wrote{};
  std::function<bool(const std::string& object, const Subject& self)> is_told{};

  void traced(const TraceEvent& event);
  // Faults have ended and everything is quiet: nothing was lost.
  void at_the_end();

  void published(const OutboxRow& row) override;
  void taken_in(const OutboxRow& row) override;
  void leased(const Subject& subject, const LaneRow& before, const LaneRow& after) override;
  void settled(const Settlement& s, SettleResult result, const LaneRow* before,
               const LaneRow* after) override;
  void freed(const Subject& subject, const LaneRow& before, const SessionRow& session) override;
  void changed(const Subject& subject, const LaneRow& lane) override;
  void reduced(const SubjectFacts& facts, const Result<Reduction>& reduction) override;

 private:
  // What the checkers know of one subject, gathered from events alone.
  struct Entry {
    std::string barrier{};  // members: the barrier that waits for them
    std::map<Version, OutboxId> published{};
    std::set<Version> taken{};
    LeaseToken current{};  // 0: not leased
    Version said{};        // newest that a call was started for
    Version delivered{};
    Version reached{};               // ever
    bool cancelled_by_rule = false;  // what it was about is gone
    std::optional<WallTime> waiting_since{};
    Version waiting{};  // the version that waits since then
    bool was_waiting = false;
  };
  bool was_met(const Wait& wait) const;
  bool any_unmet(const LaneRow& lane) const;
  void check_provider_failure(const Settlement& s, const LaneRow& before, const LaneRow& after);

  const MemoryDatabase& database_;
  Tally& tally_;
  std::map<Subject, Entry> ledger_{};
  std::optional<std::string> violation_{};
};

}  // namespace rolecall::sim
