// looks.hpp -- gathers the facts: of Postgres, then of WorkOS.
// Owns:    nothing.
// Thread:  look_at_postgres() blocks; look_at_workos() on the transport's executor, blocking it
//          while it asks the database.
// Fails:   into the facts.
// Never:   changes anything, but the budget of calls.
#pragma once

#include <functional>
#include <string>

#include "outbox/pg/query.hpp"
#include "worker/app/config.hpp"
#include "worker/app/preflight/facts.hpp"
#include "worker/transport.hpp"

namespace rolecall::preflight {

// The connection, if there is one: what WorkOS says is compared through it.
std::optional<Database> look_at_postgres(const Config& config, Facts& facts);

struct WorkosLook {
  Transport& transport;
  Database* database = nullptr;  // none: what needs rolecall's tables is not looked at
  std::vector<Secret> webhook_secrets{};
  Instant deadline = Instant::max();
  std::function<void(const std::string&)> progress{};
};
Task<void> look_at_workos(WorkosLook look, Facts& facts);

}  // namespace rolecall::preflight
