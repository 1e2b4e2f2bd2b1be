-- reconcile_page: lays a page of what WorkOS shows beside what is here.
-- Called by:  PgReconcileStore::compare.
-- Relies on:  rolecall.reconcile_page_v1.
-- Holds:      as that function.
select rolecall.reconcile_page_v1($1, $2::bigint, $3::jsonb) as answer
