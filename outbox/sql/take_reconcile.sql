-- take_reconcile: whose turn it is to be reconciled.
-- Called by:  PgReconcileStore::take.
-- Relies on:  rolecall.take_reconcile_v1.
-- Holds:      as that function.
select rolecall.take_reconcile_v1($1::bigint) as answer
