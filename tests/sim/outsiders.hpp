// outsiders.hpp -- what others did at WorkOS, and what has to come of it: the truth that no worker
// knows.
// Owns:    its ledger of expectations.
// Thread:  one.
// Fails:   never; where the rules leave open who wins, it expects nothing.
// Never:   looks at what the reducer decided.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/emulator/emulator.hpp"
#include "tests/sim/memory_database.hpp"

namespace rolecall::sim {

// A member, or a role of an organization, as WorkOS holds it.
struct Thing {
  std::string incarnation{};
  std::map<std::string, std::string> elements{};
  bool operator==(const Thing&) const = default;
};
using Things = std::map<std::string, Thing>;  // by object key
Things things_in(emulator::State& state);

class Outsiders {
 public:
  Outsiders(const MemoryDatabase& database, emulator::Emulator& workos)
      : database_(database), workos_(workos) {}

  // The application said something.
  void said_here(const OutboxRow& row);
  void leased(const Subject& subject, LeaseToken token);
  // WorkOS carried out a request of ours.
  void applied(const HttpRequest& request);
  // With the stream on, a read or an event has shown the object.
  void shown(const std::string& object) { shown_.insert(object); }
  // Around whatever somebody else does. `named`: its events say that it was not an API key.
  void before_edit();
  void after_edit(bool named);

  bool wrote(const std::string& event) const { return events_.contains(event); }
  bool wrote_to(const std::string& object) const { return last_event_.contains(object); }
  int edits_of(const std::string& object) const;
  // An edit of theirs looked like a write of ours that was still in doubt: nobody can tell them
  // apart, so what must come of either is not defined.
  bool is_coincidence(const std::string& object) const { return coincided_.contains(object); }
  // Does the inbox have all that others did to it, and none of it for another subject?
  bool is_told(const std::string& object, const Subject& self) const;

  // Element -> content, none: absent. "*" is the thing itself.
  using Expected = std::map<std::string, std::optional<std::string>>;
  const std::map<std::string, Expected>& expected() const { return expected_; }

 private:
  struct Edit {
    std::string object{};
    std::map<std::string, std::string> elements{};
    bool present = false;
    WallTime at{};
  };
  const Subject* newest_of(const std::string& object) const;
  bool is_settled(const std::string& object, const Thing* there) const;
  bool is_known_since_switch(const std::string& object) const;
  void ended_by_us(const HttpRequest& request);
  bool is_settled_slug(const std::string& member, const std::string& slug) const;
  bool is_pending(const std::string& object, const std::string& element) const;
  void expect_elements(const std::string& object,
                       const std::map<std::string, std::string>& elements);
  void edited(const std::string& object, const Thing* before, const Thing* after);
  void forget_holders(const std::string& role);
  bool looks_like(const Edit& edit, const SendRow& send) const;

  const MemoryDatabase& database_;
  emulator::Emulator& workos_;
  Things before_{};
  std::size_t events_before_ = 0;
  std::size_t events_counted_ = 0;                   // when we last looked
  std::set<std::string> events_{};                   // ids of theirs
  std::map<std::string, std::string> last_event_{};  // object -> newest of theirs
  std::map<std::string, int> edits_{};
  std::vector<Edit> unnamed_{};
  std::set<std::string> coincided_{};
  std::map<std::string, WallTime> first_said_{};
  std::set<std::string> shown_{};   // by a read or an event, with the stream on
  std::set<std::string> theirs_{};  // made by somebody else, and not ended here since
  std::map<std::string, Expected> expected_{};
};

}  // namespace rolecall::sim
