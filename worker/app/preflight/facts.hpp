// facts.hpp -- what preflight found out, before anything is made of it.
// Owns:    its text; secrets as Secret.
// Thread:  values.
// Fails:   a Looked holds the failure where looking failed; none: something before it did.
// Never:   judges; checks.hpp does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "outbox/core/failure.hpp"
#include "worker/app/environment_sample.hpp"
#include "worker/core/secret.hpp"
#include "workflows/workos/responses.hpp"

namespace rolecall::preflight {

template <class T>
using Looked = std::optional<Result<T>>;

struct ConnectionFacts {
  std::int64_t free = 0;  // the least of what the server, the database and the role leave
  std::int64_t most = 0;
  std::string limited_by{};  // max_connections, "the database's connection limit", ...
  int needed = 0;            // by one worker as it is configured
};

struct IdleSlot {
  std::string name{};
  std::int64_t kept_bytes = 0;  // of WAL
};

struct ReplicationFacts {
  bool in_recovery = false;
  std::int64_t required = 0;     // synchronous standbys that a commit waits for
  std::int64_t synchronous = 0;  // of those that are connected
  std::int64_t standbys = 0;
  bool states_hidden = false;  // this user may not see how they are
  std::optional<double> lag_s{};
  std::vector<IdleSlot> idle_slots{};
};

struct WorkosFacts {
  std::vector<std::string> role_slugs{};     // of the environment
  std::optional<double> database_ahead_s{};  // of WorkOS's clock; none: one of them did not say
};

struct RoleFacts {
  std::vector<std::string> at_workos{};
  std::vector<std::string> here{};
  std::string default_slug{};
};

struct LostOrganization {
  std::string id{};
  std::string workos_id{};
};

struct OrganizationFacts {
  std::int64_t linked = 0;
  std::vector<LostOrganization> lost{};  // WorkOS does not know them
};

struct RefusedName {
  std::string place{};  // "environment", "organization acme"
  std::string slug{};
  std::string problem{};
};

struct NameFacts {
  std::int64_t refused = 0;
  std::vector<RefusedName> first{};
};

struct MultipleRolesFacts {
  bool allowed_here = true;  // provider_control.multiple_roles
  std::int64_t members = 0;  // who hold several
  std::int64_t refused = 0;  // lanes that WorkOS refused for it
  bool shown_there = false;  // WorkOS shows a member with several
};

struct WebhookFacts {
  std::vector<Secret> secrets{};  // that workers accept
  std::vector<workos::WebhookEndpoint> endpoints{};
  std::vector<std::string> followed{};  // event types
};

struct EventFacts {
  bool enabled = false;
  bool started = false;
  std::optional<double> read_s{};  // since the stream was last read to its end
  double kept_s = 0;               // how old an event may be and still be had
  std::optional<double> failing_s{};
  std::string gap{};
  std::string last_result{};
  std::int64_t parked = 0;  // organizations
  std::string refused{};    // why this key may not read them; empty: it may
};

struct Facts {
  Looked<std::string> database{};  // its version
  Looked<std::string> schema{};    // its newest migration
  Looked<ConnectionFacts> connections{};
  Looked<ReplicationFacts> replication{};
  Looked<WorkosFacts> workos{};
  Looked<EnvironmentSample> environment{};
  Looked<OrganizationFacts> organizations{};
  Looked<RoleFacts> roles{};
  Looked<NameFacts> names{};
  Looked<MultipleRolesFacts> multiple_roles{};
  Looked<WebhookFacts> webhooks{};
  Looked<EventFacts> events{};
  bool accept_environment = false;
  int webhook_tolerance_s = 0;
  bool takes_webhooks = false;
};

}  // namespace rolecall::preflight
