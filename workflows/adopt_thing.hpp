// adopt_thing.hpp -- a role, its permissions or a member that has no version yet: do both sides
// agree, and which one wins by the policy?
// Owns:    its text.
// Thread:  anywhere; one pure function.
// Fails:   Result<T>: a document that cannot be read.
// Never:   decides about what has versions: reconciliation does. Removes a role.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/core/reconcile.hpp"

namespace rolecall {

enum class AdoptPolicy { local, workos, newer };
std::string_view name_of(AdoptPolicy policy);
std::optional<AdoptPolicy> adopt_policy_of(std::string_view name);

struct AdoptThing {
  ListedThing read{};              // what WorkOS showed; no value: it has none
  bool versioned = false;          // it has versions here
  bool equal = false;              // and the newest says what was shown
  std::optional<JsonText> here{};  // what the tables say; none: absent
  std::string changed_at{};  // when they last changed, RFC 3339; empty: they have no row of it
  std::vector<std::string> unknown{};  // role slugs of a member that mean no role here
};

enum class AdoptEnd {
  versioned,      // not adoption's
  drifted,        // the same, and both differ: reconciliation's
  agreed,         // both are equal
  taken,          // both differ: here follows WorkOS
  entered,        // only WorkOS has it: here too
  removed_here,   // only here, and WorkOS wins: it ends here
  said,           // both differ: WorkOS follows
  created_there,  // only here: at WorkOS too
  removed_there,  // only WorkOS has it, and this side wins: it ends there
};
std::string_view name_of(AdoptEnd end);

enum class AdoptSide { both, workos, local };
std::string_view name_of(AdoptSide side);

struct AdoptRuling {
  AdoptEnd end = AdoptEnd::agreed;
  AdoptSide side = AdoptSide::both;
  std::string why{};  // for people
};

Result<AdoptRuling> rule(const AdoptThing& thing, AdoptPolicy policy);

// Does WorkOS have to be told?
bool is_said(AdoptEnd end);

}  // namespace rolecall
