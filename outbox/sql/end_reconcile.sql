-- end_reconcile: ends a pass.
-- Called by:  PgReconcileStore::end.
-- Relies on:  rolecall.end_reconcile_v1.
-- Holds:      as that function.
select rolecall.end_reconcile_v1($1, $2::bigint, $3::jsonb) as answer
