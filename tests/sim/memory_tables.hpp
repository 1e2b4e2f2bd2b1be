// memory_tables.hpp -- all rows of the memory database, the inbox of WorkOS's events among them.
// Owns:    its rows.
// Thread:  values.
// Fails:   never.
// Never:   decides.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "outbox/core/events.hpp"
#include "tests/sim/tables.hpp"

namespace rolecall::sim {

// An event about a member, or about a role or its permissions, that was not applied yet.
struct InboxRow {
  std::int64_t seq = 0;
  StreamEvent event{};
  std::string object_key{};
};

// Whose event it is: a subject's, nobody's (and why), or that shows later.
struct RouteOfEvent {
  std::optional<Subject> subject{};
  std::string outcome{};  // empty: it waits
};

// The schedule of the pull, its right, and its cursor.
struct StreamRow {
  std::optional<WallTime> started_from{};  // none: it is off
  std::optional<WallTime> pulled_at{};
  std::string last_id{};
  std::string last_at{};
  WallTime due_at{};
  WorkerId leased_by{};
  WallTime lease_expires_at{};
};

struct Inbox {
  std::set<std::pair<std::string, std::string>> known{};  // id and family of every event
  std::deque<InboxRow> unrouted{};                        // about roles, in order
  std::map<Subject, std::deque<InboxRow>> waiting{};      // in order; no empty ones
  std::int64_t last_seq = 0;

  // Did the stream give this incarnation to the subject, in an event that was not applied yet?
  bool is_given(const Subject& subject, const std::string& incarnation) const;
};

struct MemoryTables {
  std::map<Subject, SubjectRow> subjects{};
  std::map<std::pair<int, OutboxId>, OutboxRow> outbox{};  // by priority and id
  std::map<Subject, std::map<Version, OutboxRow>> history{};
  std::map<Subject, LaneRow> lanes{};
  std::map<SendId, SendRow> sends{};
  std::map<Subject, ObservedRow> observed{};
  std::set<std::pair<Subject, Version>> confirmations{};
  std::map<WorkerId, SessionRow> sessions{};
  ProviderRow provider{};
  StreamRow stream{};
  Inbox inbox{};
  int failed_attempts = 0;
};

}  // namespace rolecall::sim
