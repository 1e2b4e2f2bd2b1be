-- reconcile_rest: what a complete listing did not show.
-- Called by:  PgReconcileStore::rest.
-- Relies on:  rolecall.reconcile_rest_v1.
-- Holds:      as that function.
select rolecall.reconcile_rest_v1($1, $2::bigint, $3, $4, $5::int) as answer
