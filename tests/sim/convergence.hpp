// convergence.hpp -- the properties P1 to P6 of two sides that are both written to, asserted from
// the outsiders' ledger.
// Owns:    a count of what was said of each subject.
// Thread:  called inside transactions, and once at rest.
// Fails:   by telling what was violated; the world ends the run.
// Never:   changes anything, or judges what the rules leave open.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "tests/sim/outsiders.hpp"

namespace rolecall::sim {

class Convergence final : public DatabaseWatcher {
 public:
  using Violated = std::function<void(std::string)>;
  Convergence(const MemoryDatabase& database, Outsiders& outsiders, Violated violated)
      : database_(database), outsiders_(outsiders), violated_(std::move(violated)) {}

  std::function<void(const SubjectFacts&, const Result<Reduction>&)> on_reduced{};  // for a trace

  void published(const OutboxRow& row) override;
  void leased(const Subject& subject, const LaneRow& before, const LaneRow& after) override;
  void settled(const Settlement& s, SettleResult result, const LaneRow* before,
               const LaneRow* after) override;
  void freed(const Subject& subject, const LaneRow& before, const SessionRow& session) override;
  void reduced(const SubjectFacts& facts, const Result<Reduction>& reduction) override;

  // Nothing is on its way any more. That both sides are equal (P1), the world compares.
  void at_rest(const Things& at_workos) const;

 private:
  struct Count {
    int said = 0, wishes = 0, faults = 0;
  };
  void check_expected(const std::string& object, const Outsiders::Expected& expected,
                      const Thing* there) const;
  bool is_of_the_switch(const EventFact& event) const;
  bool has_forebear(const Subject& subject) const;
  void check_sends(const Subject& subject, const Count& count) const;
  void check_confirmed(const Subject& subject, const SubjectRow& row,
                       const Things& at_workos) const;

  const MemoryDatabase& database_;
  Outsiders& outsiders_;
  Violated violated_;
  std::map<Subject, Count> counts_{};
};

}  // namespace rolecall::sim
