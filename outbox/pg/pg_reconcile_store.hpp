// pg_reconcile_store.hpp -- the ReconcileStore over PostgreSQL.
// Owns:    one connection, opened at its first use, and the thread that waits on it.
// Thread:  as ReconcileStore; the executor's context outlives it.
// Fails:   Result<T>; unavailable when the database is out of reach.
// Never:   uses session state.
#pragma once

#include <memory>

#include "outbox/pg/pg_store.hpp"
#include "outbox/reconcile_store.hpp"

namespace rolecall {

std::unique_ptr<ReconcileStore> make_pg_reconcile_store(PgStoreOptions options);

}  // namespace rolecall
