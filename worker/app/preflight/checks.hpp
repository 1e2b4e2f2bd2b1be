// checks.hpp -- what preflight makes of the facts: one small check each. Pure.
// Owns:    nothing.
// Thread:  pure functions.
// Fails:   never: a failure is a finding.
// Never:   asks anything, or shows a secret.
#pragma once

#include "worker/app/preflight/facts.hpp"
#include "worker/app/preflight/findings.hpp"

namespace rolecall::preflight {

// About Postgres.
Finding check_database(const Result<std::string>& version);
Finding check_schema(const Result<std::string>& newest);
Finding check_connections(const Result<ConnectionFacts>& facts);
Finding check_replication(const Result<ReplicationFacts>& facts);

// About WorkOS, by its answer to the first question.
Finding check_workos(const Result<WorkosFacts>& facts);
Finding check_key(const Result<WorkosFacts>& facts);
struct Webhooks {
  bool taken = false;
  int tolerance_s = 0;
};
Finding check_clock(const WorkosFacts& facts, const Webhooks& webhooks);

// About both.
Finding check_environment(const Result<EnvironmentSample>& sample, bool accepted);
Finding check_organizations(const Result<OrganizationFacts>& facts);
Finding check_roles(const Result<RoleFacts>& facts);
Finding check_names(const Result<NameFacts>& facts);
Finding check_multiple_roles(const Result<MultipleRolesFacts>& facts);
Finding check_webhooks(const Result<WebhookFacts>& facts);
Finding check_events(const Result<EventFacts>& facts);

// All of them, in that order.
Report examine(const Facts& facts);

}  // namespace rolecall::preflight
