// tables.hpp -- rows of the memory store: the columns of schema/migrations that its rules read.
// Owns:    its text.
// Thread:  values.
// Fails:   never.
// Never:   decides.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "outbox/core/exchange.hpp"
#include "tests/sim/worker_tables.hpp"

namespace rolecall::sim {

// A version of a subject that must be delivered first; or, with the subject
// member:<organization>:*, every member version of that organization enqueued before the outbox id
// `version`.
struct Wait {
  std::string subject;
  std::int64_t version = 0;
  bool operator==(const Wait&) const = default;
};

// What an application says, in one transaction.
struct Mutation {
  Subject subject{};
  OrganizationId organization{};
  std::string kind{};
  JsonText desired{};
  int priority = 1;
  std::vector<Wait> waits{};
  std::string reason{};
  bool is_local = true;  // false: it follows from what was done at WorkOS
};

struct SubjectRow {
  OrganizationId organization{};
  std::string object_key{};
  Version version{};
  std::string kind{};
  JsonText desired{};
  std::map<std::string, Version> touched{};
  OutboxId born{};     // its first version
  WallTime made_at{};  // its newest version
};

struct OutboxRow {
  OutboxId id{};
  OrganizationId organization{};
  Subject subject{};
  Version version{};
  std::string kind{};
  JsonText desired{};
  std::vector<Wait> waits_for{};
  int priority = 1;
  WallTime enqueued_at{};
  std::string enqueued_by{};
  std::string reason{};
};

enum class Ended { no, delivered, cancelled, observed };
enum class Request { none, hold, cancel };

struct LaneRow {
  OrganizationId organization{};
  std::string kind{};
  int priority = 1;
  LaneState state = LaneState::due;
  Version wanted{};
  OutboxId wanted_id{};
  OutboxId owed_since{};
  JsonText desired{};
  Version leased_version{};  // 0: not leased
  Version delivered{};
  Ended ended = Ended::no;
  int attempts = 0;
  int leases = 0;
  WallTime next_attempt_at{};
  double up_seconds_left = 0;
  double up_seconds_mark = 0;
  std::vector<Wait> waits_for{};
  std::optional<Wait> waits_on{};
  WallTime wait_until{};
  std::optional<WallTime> look_after{};
  int looks_absent = 0;
  LeaseToken token{};
  WorkerId leased_by{};
  WallTime lease_expires_at{};
  Request requested = Request::none;
  Version requested_version{};
  std::optional<Failure> failure{};

  // What waiting lanes compare with: a dead or cancelled blocker does not block.
  Version reached() const {
    return state == LaneState::idle || state == LaneState::dead ? wanted : delivered;
  }
  bool operator==(const LaneRow&) const = default;
};

struct SendRow {
  Subject subject{};
  OrganizationId organization{};
  std::string object_key{};
  Version version{};
  LeaseToken token{};
  Operation operation = Operation::put;
  std::optional<std::string> incarnation{};
  std::optional<JsonText> value{};
  std::vector<std::string> names_slugs{};
  SendState state = SendState::open;
  WallTime leased_at{};
  std::optional<Observation> answer{};
  bool absorbed = false;
};

struct PendingRead {
  WallTime begun_at{};
  SendId noted_send{};
  Observation shown{};
};

struct ObservedRow {
  OrganizationId organization{};
  std::string object_key{};
  std::optional<std::string> incarnation{};
  std::string incarnation_created_at{};
  std::string dead_incarnation_at{};
  Version echoed{};
  Version confirmed{};
  bool looked = false;
  std::optional<JsonText> seen{};
  std::string seen_at{};
  std::string seen_status{};
  std::string seen_source{};
  std::string absent_since{};
  bool directory_managed = false;
  std::optional<PendingRead> pending_read{};
  std::optional<WallTime> verify_at{};
  std::string verify_reason{};
  std::optional<WallTime> reading_until{};
  std::optional<WallTime> reduce_due_at{};
  std::string reduce_failure{};
};

}  // namespace rolecall::sim
