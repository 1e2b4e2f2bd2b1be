// level_rule.hpp -- where desired and seen differ and nothing is on its way: the next row.
// Owns:    nothing.
// Thread:  anywhere.
// Fails:   never.
// Never:   looks at one sighting; only at what all of them left.
#pragma once

#include "outbox/core/facts.hpp"
#include "workflows/observe.hpp"
#include "workflows/picture.hpp"

namespace rolecall {

// What the sightings of this reduction amounted to.
struct Progress {
  bool fresh = false;        // at least one told something that counts
  bool read_taken = false;   // the read counts; it is the newest knowledge
  bool awaits_read = false;  // something was not believed: a read decides before anything is said
  WallTime read_begun_at{};
  std::optional<Verdict> verdict{};  // of the newest that counts
};

// Sets the lane's end, the end of its look, and the next row. Before confirm().
void apply_level_rule(const SubjectFacts& facts, Picture& picture, const Progress& progress,
                      Reduction& reduction);

// Is what is known newer than the newest local change? What was seen before that agrees with it by
// chance only: somebody else's edit of between the two is still to be heard of.
bool shows_newest(const Picture& picture, const Progress& progress);

// Would saying `desired` take something away that is there?
bool takes_access_away(const Picture& picture);

}  // namespace rolecall
