-- begin_reconcile: notes what is known of an organization and begins a pass.
-- Called by:  PgReconcileStore::begin.
-- Relies on:  rolecall.begin_reconcile_v1.
-- Holds:      as that function.
select rolecall.begin_reconcile_v1($1, $2) as answer
