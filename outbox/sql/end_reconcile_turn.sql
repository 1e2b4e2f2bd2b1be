-- end_reconcile_turn: gives the turn back.
-- Called by:  PgReconcileStore::release.
-- Relies on:  rolecall.end_reconcile_turn_v1.
-- Holds:      as that function.
select rolecall.end_reconcile_turn_v1($1::bigint, $2) as answer
