// lease.hpp -- what a worker is given (Lease), and what it hands back (Settlement).
// Owns:    its text.
// Thread:  values; a Lease is settled once, by whoever took it.
// Fails:   never.
// Never:   holds a connection or a clock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "outbox/core/failure.hpp"
#include "outbox/core/ids.hpp"
#include "outbox/core/time.hpp"

namespace rolecall {

// A JSON document as text. Shapes of a desired state (docs/architecture.md has them too):
//   role         {"organization":"org_1","slug":"org-x","name":"X","description":"..." or null}
//   permissions  {"organization":"org_1","slug":"org-x","permissions":["a:read"]}
//   member       {"organization":"org_1","user":"user_1","roles":["admin","org-x"]}
// Under a kind that removes (role.remove, member.remove) only the first two keys count.
using JsonText = std::string;

enum class Operation { put, create, remove };
std::string_view name_of(Operation operation);  // "put", "create", "delete"
std::optional<Operation> operation_of(std::string_view name);

// One subject, leased: everything that its workflow may know.
struct Lease {
  Subject subject;
  OrganizationId organization;
  std::string
      kind;  // "role.push", "role.permissions", "role.remove", "member.push", "member.remove"
  Version version;
  LeaseToken token;
  SendId send;
  OutboxId outbox_id;
  JsonText desired;
  Operation operation = Operation::put;      // as recorded in sends before anything leaves
  std::optional<std::string> incarnation{};  // om_ id or the role's created_at; none known: absent
  std::optional<JsonText> seen{};  // what WorkOS last showed; none: absent or never looked
  bool looked = false;             // WorkOS was looked at, or answered, at least once
  bool create_in_doubt = false;    // an older create of ours may still be applied
  std::vector<std::string> unready_slugs{};  // roles that it waits for and that are not there yet
  bool role_ended = false;    // role.permissions only: its role is deleted; nothing is left to say
  Millis quarantine_left{0};  // > 0: an open send still names the slug that this one would create
  int attempts = 0;           // failures so far that lengthen the backoff
  int leases = 1;             // times leased without a result, this one included
  int priority = 1;           // 0 revocation, 1 ordinary, 2 bulk and corrections
  Version delivered;          // the newest that was said before; 0: none
};

// What WorkOS said about an object: in the answer to a write, or to a read.
struct Observation {
  std::optional<std::string> incarnation{};  // none: it is absent
  std::string created_at{};                  // as WorkOS wrote it (RFC 3339)
  std::string updated_at{};
  std::string status{};             // memberships: active, inactive, pending
  bool directory_managed = false;   // memberships only
  std::optional<JsonText> value{};  // same shape as a desired state; none: absent

  bool operator==(const Observation&) const = default;
};

enum class Outcome {
  delivered,  // said in full
  partial,    // the part that exists at WorkOS was said; due again for the rest
  retry,      // due again after `delay`
  look,       // due again when a read begun after `delay` has been reduced
  held,       // waits for a person
  dead,       // never accepted as it stands
};
std::string_view name_of(Outcome outcome);
std::optional<Outcome> outcome_of(std::string_view name);

// What the call left behind at WorkOS, as far as we know.
enum class SendFate {
  unsent,    // no byte left, or a 4xx: it can never be applied
  answered,  // 2xx
  open,      // in doubt
};
std::string_view name_of(SendFate fate);
std::optional<SendFate> send_fate_of(std::string_view name);

// An object to be read soon: its subject if we have one for it.
struct LookAt {
  std::string family;        // "member" or "role"
  std::string organization;  // org_ id
  std::string name;          // user_ id or slug
  bool operator==(const LookAt&) const = default;
};

struct Settlement {
  Subject subject;
  LeaseToken token;
  SendId send;
  Outcome outcome = Outcome::retry;
  SendFate fate = SendFate::unsent;
  Millis delay{0};
  bool counts = false;  // attempts + 1: the next backoff is longer; nothing dies of a number
  std::optional<Failure> failure{};
  std::optional<Observation> answer{};  // with SendFate::answered
  std::vector<LookAt> look_at{};
  RequestId request_id{};
  Millis call_time{0};  // from the first byte to the answer; 0: no call
};

enum class SettleResult { ok, busy, stale };
std::optional<SettleResult> settle_result_of(std::string_view name);

}  // namespace rolecall
