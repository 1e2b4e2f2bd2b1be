// reconcile.hpp -- an organization compared with WorkOS: what was read, what is known here, what
// differs.
// Owns:    its text.
// Thread:  values; share freely.
// Fails:   never.
// Never:   decides; workflows/reconcile_organization.cpp does.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/core/events.hpp"
#include "outbox/core/facts.hpp"

namespace rolecall {

// How a difference came about. The words of each: rolecall.drift_words().
enum class DriftClass {
  pending,             // an outbox row, or a fact that was not reduced yet, is on its way
  stopped,             // what would end it is held, dead or cancelled
  lost_write,          // we delivered it, and WorkOS does not have it
  late_write,          // an older version of ours, applied after a newer one
  external_edit,       // changed at WorkOS
  missing_there,       // here, and gone there
  missing_here,        // there, and not here
  directory_managed,   // a directory decides
  unresolved_role,     // a member has a role that nobody here knows
  pending_invitation,  // not accepted yet
  unsaid,              // the tables were changed by hand, and no version says so
};
inline constexpr std::array kDriftClasses{
    DriftClass::pending,         DriftClass::stopped,
    DriftClass::lost_write,      DriftClass::late_write,
    DriftClass::external_edit,   DriftClass::missing_there,
    DriftClass::missing_here,    DriftClass::directory_managed,
    DriftClass::unresolved_role, DriftClass::pending_invitation,
    DriftClass::unsaid};
std::string_view name_of(DriftClass c);
std::optional<DriftClass> drift_class_of(std::string_view name);

// Calls a second that all replicas together may make now.
struct CallPace {
  double um_read_per_s = 1;
  double um_write_per_s = 1;
  double general_per_s = 1;
};

// One pass over one organization. An older pass than the newest writes nothing any more.
struct ReconcilePass {
  OrganizationId organization;
  std::string workos{};  // org_ id
  std::int64_t number = 0;
  std::string now{};  // RFC 3339, the database's clock: what is read from here on began after it
  Millis visibility{30'000};
  CallPace pace{};
};

// One thing as a listing or a read showed it. `shown` without a value: it is not there.
struct ListedThing {
  std::string family{};    // role, permissions, member
  std::string name{};      // slug or user_ id
  Subject subject{};       // empty: whose it is, the store finds out
  std::string begun_at{};  // RFC 3339: what was done before is shown
  std::string ended_at{};  // what is shown was done before; empty: the store finds out
  Observation shown{};
};

struct ListedPage {
  std::vector<ListedThing> things{};
  std::vector<EnvironmentRole> environment_roles{};
  bool end = false;
};

// What was known of a subject before the read.
struct ReadNote {
  Version version;
  Version delivered;
  SendId send;
};

// What the tables of roles and members say; they can be changed by hand.
struct MirrorFact {
  std::optional<JsonText> value{};  // none: tombstoned
  std::string status{};             // memberships
  bool directory_managed = false;
};

struct LocalChange {
  std::string by{};
  std::string at{};
  std::string action{};
  std::string reason{};
};

// One thing that is not plainly equal: all that the planner may know of it.
struct Candidate {
  ListedThing read{};
  std::string workos{};      // org_ id
  std::string object_key{};  // its name at WorkOS
  bool known = false;        // there is a subject
  Version version;           // of the subject
  std::string kind{};
  JsonText desired{};
  std::optional<SubjectFacts> facts{};  // none: nothing was ever said or seen of it
  std::optional<ReadNote> noted{};      // none: it was made since
  std::optional<MirrorFact> mirror{};   // none: the tables do not have it
  bool anothers = false;                // what was shown belongs to another subject of that name
  bool unreduced = false;               // facts wait for the reducer
  bool stream_behind = false;           // it flows, and does not tell all that the read may show
  std::string reduce_failure{};
  std::string lane_failure{};
  std::vector<std::string> unknown_slugs{};  // of a member: no role here has them
  std::optional<Version> equals_version{};   // an older version said just what was shown
  std::optional<LocalChange> local{};
};

struct Finding {
  std::string subject{};  // of what nobody knows here: its object key
  std::string family{};
  std::string name{};
  DriftClass kind = DriftClass::pending;
  std::vector<std::string> fields{};
  std::optional<JsonText> local{};
  std::optional<JsonText> remote{};
  Version version;
  LocalChange changed{};
  std::string remote_updated_at{};
  std::string remote_status{};
  std::string detail{};
  std::string action{};  // take_over, say_again, merge, enter, say, know_role, none
  int calls = 0;
  double seconds = 0;
};

// How a finding is repaired. observe: the reducer is given what was read.
enum class RepairStep { none, observe, say_again, enter, say };
std::string_view name_of(RepairStep step);

struct Repair {
  RepairStep step = RepairStep::none;
  int priority = 2;                             // say_again
  std::vector<std::string> needs_roles{};       // environment roles that must be known first
  std::vector<EnvironmentRole> listed_roles{};  // the same, as WorkOS lists them
};

}  // namespace rolecall
