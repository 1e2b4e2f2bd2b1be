#include "worker/app/preflight/checks.hpp"

namespace rolecall::preflight {
namespace {

class Examination {
 public:
  template <class T, class Check>
  void look(const char* name, const Looked<T>& looked, Check check) {
    if (looked)
      report_.findings.push_back(check(*looked));
    else
      report_.not_looked_at.emplace_back(name);
  }
  Report take() { return std::move(report_); }

 private:
  Report report_{};
};

bool says_of_the_key(const Result<WorkosFacts>& facts) {
  return facts || facts.error().kind == FailureClass::unauthorised ||
         facts.error().kind == FailureClass::forbidden;
}

}  // namespace

Report examine(const Facts& facts) {
  Looked<WorkosFacts> key;
  Looked<WorkosFacts> clock;
  if (facts.workos && says_of_the_key(*facts.workos)) key = facts.workos;
  if (facts.workos && *facts.workos && (*facts.workos)->database_ahead_s) clock = facts.workos;
  Examination all;
  all.look("database", facts.database, check_database);
  all.look("schema", facts.schema, check_schema);
  all.look("connections", facts.connections, check_connections);
  all.look("replication", facts.replication, check_replication);
  all.look("workos", facts.workos, check_workos);
  all.look("key", key, check_key);
  all.look("clock", clock, [&](const Result<WorkosFacts>& looked) {
    return check_clock(*looked,
                       {.taken = facts.takes_webhooks, .tolerance_s = facts.webhook_tolerance_s});
  });
  all.look("environment", facts.environment, [&](const Result<EnvironmentSample>& sample) {
    return check_environment(sample, facts.accept_environment);
  });
  all.look("organizations", facts.organizations, check_organizations);
  all.look("environment_roles", facts.roles, check_roles);
  all.look("names", facts.names, check_names);
  all.look("multiple_roles", facts.multiple_roles, check_multiple_roles);
  all.look("webhooks", facts.webhooks, check_webhooks);
  all.look("events", facts.events, check_events);
  return all.take();
}

}  // namespace rolecall::preflight
