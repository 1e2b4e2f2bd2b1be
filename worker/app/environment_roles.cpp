#include "worker/app/environment_roles.hpp"

#include "worker/app/statement.hpp"
#include "workflows/workos/requests.hpp"
#include "workflows/workos/responses.hpp"

namespace rolecall {
Task<Result<std::vector<EnvironmentRole>>> fetch_environment_roles(Transport& transport,
                                                                   Instant deadline) {
  const auto answer = co_await transport.send(workos::list_environment_roles(), deadline);
  if (!answer) co_return answer.error();
  co_return workos::environment_roles_in(*answer);
}

Result<void> store_environment_roles(Database& database,
                                     const std::vector<EnvironmentRole>& roles) {
  for (const auto& role : roles) {
    const auto stored = database.run(statement("upsert_global_role"), {role.slug, role.name});
    if (!stored) return stored.error();
  }
  return {};
}

}  // namespace rolecall
