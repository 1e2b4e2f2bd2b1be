-- keep_findings: keeps what a pass found to differ.
-- Called by:  PgReconcileStore::keep.
-- Relies on:  rolecall.keep_findings_v1.
-- Holds:      as that function.
select rolecall.keep_findings_v1($1, $2::bigint, $3::jsonb) as answer
