// world_plan.hpp -- the sizes and times of one run, drawn from its seed.
// Owns:    numbers and names.
// Thread:  values.
// Fails:   never.
// Never:   breaks a relation that the engine's limits must keep.
#pragma once

#include "tests/sim/chaos.hpp"
#include "tests/sim/world.hpp"

namespace rolecall::sim {

struct World::Plan {
  explicit Plan(Chaos& chaos);

  int workers = 2;
  std::vector<std::string> organizations{};
  std::vector<std::string> users{};
  std::vector<std::string> slugs{};  // those that organizations create
  int mutations = 30;
  int worker_troubles = 0, store_troubles = 0, operations = 0;
  std::optional<Micros> events_from{};  // none: the stream stays off, and nobody else writes
  int edits = 0, rewinds = 0, lags = 0;
  double named_editors = 0;                // how many of them write as people, not with an API key
  std::optional<std::string> directory{};  // the user whose roles a directory sets again
  Millis event_delay{0};
  Micros mutations_until{};
  Micros trouble_until{};
  Micros longest_zombie{};  // nothing that left before is applied later than this
  Micros patience{};        // to be quiet in, after the trouble
  Settings settings{};
  Limits limits{};
  Millis workos_offset{};  // WorkOS's clock minus the database's

 private:
  void draw_outside(Chaos& chaos);
};

}  // namespace rolecall::sim
