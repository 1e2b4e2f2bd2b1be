// facts.hpp -- what is known of one subject (SubjectFacts), and what becomes of it (Reduction).
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   never.
// Never:   decides; workflows/reduce.cpp does.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "outbox/core/lease.hpp"

namespace rolecall {

enum class SendState { open, answered, matched };
std::string_view name_of(SendState state);
std::optional<SendState> send_state_of(std::string_view name);

// One row of `sends`.
struct SendFact {
  SendId id;
  Version version;
  Operation operation = Operation::put;
  std::optional<std::string> incarnation{};
  std::optional<JsonText> value{};  // what it says; none for a delete
  SendState state = SendState::open;
  std::string leased_at{};              // RFC 3339, the database's clock, UTC, microseconds
  std::optional<Observation> answer{};  // state answered: what the 2xx showed
  bool absorbed = false;                // its answer was already taken into `seen`
};

// A read that was recorded and not yet reduced; already known not to be overtaken (discard rule).
struct ReadFact {
  std::string begun_at{};  // RFC 3339
  Observation shown{};
};

// An event of WorkOS's stream about the subject that was not applied yet.
struct EventFact {
  std::string id{}, type{};
  std::string at{};     // when it happened, as WorkOS wrote it
  std::string actor{};  // api, dashboard, admin_portal, system; empty: not said
  Observation shown{};  // of an end: no value, but what ended
};

enum class LaneState { idle, due, leased, held, dead };
std::string_view name_of(LaneState state);
std::optional<LaneState> lane_state_of(std::string_view name);

struct LaneFact {
  LaneState state = LaneState::idle;
  Version wanted;
  Version delivered;
  std::string kind{};
  JsonText desired{};
  bool looking = false;    // due only after a look (Outcome::look)
  int looks_absent = 0;    // reads in a row that found nothing since the create went in doubt
  bool cancelled = false;  // idle because an operator cancelled the wanted version
};

struct SubjectFacts {
  Subject subject;
  OrganizationId organization;
  Version version;                // subjects.version, the newest
  std::string kind{}, made_at{};  // of the newest version; RFC 3339, the database's
  JsonText desired{};
  std::map<std::string, Version> touched{};  // element -> version of its last local change
  std::optional<LaneFact> lane{};            // none: intake has not seen it yet
  bool next_row = false;                     // an outbox row newer than the lane waits for intake
  std::vector<std::string> unready_slugs{};  // re-created, or own, roles that are not there yet
  std::vector<std::string> ended_slugs{};    // roles removed here that may still be seen there
  bool role_ended = false;                   // permissions whose role is deleted: they end with it
  // observed
  std::optional<std::string> incarnation{};
  std::string incarnation_created_at{};
  std::string dead_incarnation_at{};  // created_at of the newest incarnation known to be gone
  Version echoed;
  Version confirmed;
  bool looked = false;
  std::optional<JsonText> seen{};
  std::string seen_at{};       // WorkOS's updated_at
  std::string absent_since{};  // RFC 3339: a read begun then did not find what is in `seen`
  std::string seen_status{};   // memberships
  std::string seen_source{};   // "answer", "read" or empty (never looked)
  bool directory_managed = false;
  std::vector<SendFact> sends{};  // oldest first
  std::optional<ReadFact> read{};
  std::vector<EventFact> events{};  // in the stream's order

  // settings
  bool events_on = false;   // the stream tells what is there; answers only say that we wrote
  std::string pulled_at{};  // RFC 3339: everything that a pull begun then found is here
  std::string now{};        // RFC 3339, the database's
  Millis visibility{30'000};
  Millis send_window{900'000};
  bool multiple_roles = true;
  std::string default_role_slug = "member";
};

struct AuditEntry {
  std::string verdict;  // adopted, merged, overruled, external_remove, late_write, ...
  std::string detail;
  bool operator==(const AuditEntry&) const = default;
};

// A version that the reducer adds: subjects.version + 1, and one outbox row that says it.
struct NextRow {
  std::string kind;
  JsonText desired;
  int priority = 2;
  std::string reason;    // the verdict
  bool adopted = false;  // desired itself changed: the mirror follows it
};

struct Reduction {
  // observed, whole: written as they stand
  std::optional<std::string> incarnation{};
  std::string incarnation_created_at{};
  std::string dead_incarnation_at{};
  Version echoed;
  bool looked = false;
  std::optional<JsonText> seen{};
  std::string seen_at{}, seen_status{};
  std::string seen_source{};  // "answer", "read" or empty (never looked)
  std::string absent_since{};
  bool directory_managed = false;

  std::vector<SendId> closed{};                  // deleted from sends
  std::map<SendId, std::string> matched{};       // -> state matched, with this updated_at
  std::vector<SendId> absorbed{};                // answers that `seen` now holds
  std::map<std::string, std::string> applied{};  // events -> what became of each
  bool read_waits = false;                       // for the stream to reach past it
  std::optional<JsonText> adopted_desired{};     // desired := this (with version + 1)
  std::string adopted_kind{};                    // the kind that says adopted_desired
  std::map<std::string, Version> touched{};      // subjects.touched, pruned
  std::optional<NextRow> next{};                 // the level rule's row
  bool lane_observed = false;   // the live row's content is already there: it ends as superseded
  bool lane_cancelled = false;  // the live row waits for something that is gone
  bool look_over = false;       // a lane that waited for a look is due now
  int looks_absent = 0;
  std::optional<Version> confirmed{};                          // this version was seen at WorkOS
  std::optional<std::chrono::microseconds> effective_after{};  // confirmed: since it was made
  std::optional<Millis> verify_in{};  // a read is due this far ahead; none: no read
  std::string verify_reason{};
  std::vector<AuditEntry> audit{};
};

}  // namespace rolecall
