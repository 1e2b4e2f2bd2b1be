// environment_roles.hpp -- the environment's roles, from WorkOS into rolecall.global_roles.
// Owns:    nothing.
// Thread:  fetch_*() on the transport's executor; store_*() blocks on the database.
// Fails:   Result<T>: what WorkOS or the database said.
// Never:   deletes or renames a role at WorkOS, or removes one here.
#pragma once

#include <string>
#include <vector>

#include "outbox/core/events.hpp"
#include "outbox/pg/query.hpp"
#include "outbox/task.hpp"
#include "worker/transport.hpp"

namespace rolecall {

Task<Result<std::vector<EnvironmentRole>>> fetch_environment_roles(Transport& transport,
                                                                   Instant deadline);

Result<void> store_environment_roles(Database& database, const std::vector<EnvironmentRole>& roles);

}  // namespace rolecall
