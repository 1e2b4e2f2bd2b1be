// pg_store.hpp -- the Store on PostgreSQL.
// Owns:    a pool of threads with one connection each; one thread and connection for the session.
// Thread:  as outbox/store.hpp says; the executor's context outlives the store.
// Fails:   as outbox/store.hpp says. A lost connection is unavailable for a read and in_doubt for a
//          change; the next call makes a new one, with pauses of 50 ms to 2 s after failures.
// Never:   uses session state on the pool; behind a transaction pooler (poll_only) nowhere.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "outbox/core/time.hpp"
#include "outbox/core/trace.hpp"
#include "outbox/store.hpp"

namespace rolecall {

struct PgStoreOptions {
  std::string database_url;
  int connections = 4;
  Millis statement_timeout{5000};
  // A transaction pooler stands between: no LISTEN, no advisory locks, no prepared statements, no
  // start-up options; then statement_timeout must be the database role's own.
  bool poll_only = false;
  // Sees one Trace::statement for each call of the store: code = "pg." + its name, detail =
  // "busy/connections" of the pool, elapsed with the wait for a connection.
  Observer* observer = nullptr;
  boost::asio::any_io_executor executor;
};

// Never null. A URL that cannot be read shows at the first call, as bad_input.
std::unique_ptr<Store> make_pg_store(PgStoreOptions options);

}  // namespace rolecall
