// exchange.hpp -- what passes through the door to durable state (outbox/store.hpp), as values.
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   never.
// Never:   decides.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "outbox/core/facts.hpp"
#include "outbox/core/lease.hpp"

namespace rolecall {

struct SessionRequest {
  std::string program_version{};
  std::string host{};
  int process_id = 0;
};

struct LeaseRequest {
  WorkerId worker;
  int limit = 0;
  Millis lease_time{30'000};
  std::vector<std::string> kinds{};  // what this program can deliver
};

enum class ProviderMode { up, probing, open, unauthorised, paused };
std::string_view name_of(ProviderMode mode);
std::optional<ProviderMode> provider_mode_of(std::string_view name);

struct LeaseBatch {
  std::vector<Lease> leases{};
  ProviderMode provider = ProviderMode::up;
  Millis next_probe{0};  // provider open or unauthorised: when the next probe may leave
};

struct Settled {
  Subject subject;
  LeaseToken token;
  SettleResult result = SettleResult::ok;
};

struct RescueReport {
  int sessions_retired = 0;
  int lanes_freed = 0;
  bool others_hold_leases = false;  // another worker holds leases: look again soon
};

// A subject whose state at WorkOS shall be read. `noted_*` go back with the read (discard rule).
struct Verification {
  Subject subject;
  OrganizationId organization;
  std::string family{};  // "role", "permissions" or "member"
  JsonText desired{};    // names the object: organization and slug or user
  std::optional<std::string> incarnation{};
  std::string reason{};
  Version noted_version;
  SendId noted_send;       // newest send of the subject before the read, 0 if none
  std::string begun_at{};  // RFC 3339, the database's clock
};

struct RecordedRead {
  Verification asked;
  Observation shown{};
};

// How calls went since the last report; the store decides about the shared breaker.
struct ProviderReport {
  int answered =
      0;  // any answer that shows WorkOS is up (2xx, 4xx but 401, 403 and 429), or a held 403
  int failed = 0;        // transport failures and 5xx
  int unauthorised = 0;  // 401, or a 403 for the whole key
  std::string detail{};  // of the newest failure
};

// What an idle worker asks: how long may it sleep?
struct NextDue {
  bool work_now = false;             // an outbox row to take in, or something already due
  bool only_reads = false;           // and that is to be read at WorkOS, nothing else
  std::optional<Millis> next_due{};  // the earliest lane, verification or reduction ahead
  bool others_hold_leases = false;
  std::optional<Millis> pull_in{};  // the pull of events is due then; none: off, or somebody pulls
  std::optional<Millis> reconcile_in{};  // likewise of reconciliation
  ProviderMode provider = ProviderMode::up;
};

// The same of a worker that sleeps, together with the chores that wait for nothing else.
struct IdleRequest {
  WorkerId worker;
  int wake_limit = 0;
  bool maintain = false;
};

struct IdleLook {
  int woken = 0;
  RescueReport rescue{};
  int maintained = 0;
  NextDue next{};
};

struct Reduced {
  Subject subject;
  std::vector<AuditEntry> audit{};
  std::vector<std::pair<std::string, std::string>> events{};  // type and outcome of each applied
  std::optional<Version> confirmed{};
  std::optional<std::chrono::microseconds> effective_after{};  // from the change, if confirmed
  bool next_row = false;
};

using Reducer = std::function<Result<Reduction>(const SubjectFacts&)>;

}  // namespace rolecall
