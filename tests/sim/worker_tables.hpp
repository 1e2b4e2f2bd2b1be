// worker_tables.hpp -- rows that workers share: sessions, the provider and its settings.
// Owns:    their text.
// Thread:  values.
// Fails:   never.
// Never:   decides.
#pragma once

#include <optional>
#include <string>

#include "outbox/core/exchange.hpp"

namespace rolecall::sim {

using Micros = std::chrono::microseconds;

struct SessionRow {
  bool locks = true;
  bool lock_held = true;                   // the connection lives
  std::optional<WallTime> lock_lost_at{};  // for checkers; the rules never read it
  std::optional<WallTime> suspect_since{};
  std::optional<WallTime> retired_at{};
  std::string retired_because{};
};

struct Settings {
  Millis visibility{30'000};
  Millis send_window{900'000};
  Millis wait_bound{60'000};
  Millis pull_every{5'000};
  Millis claim{30'000};  // for so long a pull, or a read, is one worker's alone
  double up_seconds_allowed = 604'800;
  bool multiple_roles = true;
  std::string default_role_slug = "member";
};

// Mechanisms that a canary takes away; the checkers must notice each.
struct Defects {
  bool no_fence = false;                   // a settlement changes its lane under any token
  bool forgets_sends = false;              // settling closes a send whose fate is unknown
  bool ignores_waits = false;              // lanes never wait for each other
  bool ignores_events_while_live = false;  // a live row is newer than whatever an event tells
  bool compares_by_value = false;  // what differs from what was seen was changed here, nothing else
};

struct ProviderRow {
  ProviderMode mode = ProviderMode::up;  // up, open or unauthorised
  bool paused = false;
  int failures = 0;
  int probes = 0;
  WallTime probe_at{};
  double up_seconds = 0;
  WallTime up_marked_at{};
  std::string detail{};
};

}  // namespace rolecall::sim
