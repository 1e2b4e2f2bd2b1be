-- apply_findings: begins repairs.
-- Called by:  PgReconcileStore::apply.
-- Relies on:  rolecall.apply_findings_v1.
-- Holds:      as that function.
select rolecall.apply_findings_v1($1, $2::bigint, $3::jsonb) as answer
