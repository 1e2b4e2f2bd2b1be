// events.hpp -- WorkOS's event stream as it passes through the door: what was told, and who reads
// on from where.
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   never.
// Never:   decides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "outbox/core/lease.hpp"

namespace rolecall {

// One event about one thing. An event about an organization's role is two: its text and its
// permissions change hands apart.
struct StreamEvent {
  std::string id{};
  std::string type{};          // as WorkOS names it
  std::string at{};            // when it happened, as WorkOS wrote it
  std::string actor{};         // api, dashboard, admin_portal, system; empty: not said
  std::string family{};        // organization, user, environment_role, role, permissions, member
  std::string organization{};  // org_ id; empty: nobody's
  std::string name{};          // org_ id, user_ id or slug
  std::optional<Observation> shown{};    // role, permissions, member; of an end: no value
  std::optional<JsonText> attributes{};  // organization, user: what is mirrored
  std::optional<std::string> problem{};  // why it cannot be applied
  bool operator==(const StreamEvent&) const = default;
};

// A role of the environment, as WorkOS lists it.
struct EnvironmentRole {
  std::string slug{};
  std::string name{};
  std::string description{};  // empty: none
  std::string created_at{};   // RFC 3339; empty: not said
  std::string updated_at{};
  bool operator==(const EnvironmentRole&) const = default;
};

// The right to pull, and where to begin. With `organization` only that one's events are read again.
struct PullTask {
  std::string organization{};                // org_ id; empty: the environment's stream
  std::string after{};                       // the cursor; empty: from `since` on
  std::string after_at{};                    // when that event happened
  std::string since{};                       // RFC 3339
  std::string begun_at{};                    // RFC 3339, the database's clock
  std::vector<std::string> refused_types{};  // WorkOS does not know them
  bool roles_due = false;  // events told of environment roles that were not read since
};

struct PullGrant {
  std::optional<PullTask> task{};
  std::optional<PullTask> replay{};  // to be read after it
  bool kept = true;                  // the announced events need not be announced again
  std::optional<Millis> again_in{};  // none: when the schedule is switched on
};

// A page of the stream. The last one is empty.
struct PulledPage {
  std::vector<StreamEvent> events{};
  std::string last_id{};  // empty: there was none
  std::string last_at{};
  bool end = false;
  std::vector<std::string> refused_types{};             // found out by this page
  std::optional<std::vector<EnvironmentRole>> roles{};  // read after the events
};

struct AppliedEvents {
  std::string type{};
  std::string outcome{};
  std::int64_t count = 0;
};

struct RecordedPage {
  bool fenced = false;  // the pull passed to another worker, or this was not the next page
  std::vector<AppliedEvents> applied{};
};

}  // namespace rolecall
