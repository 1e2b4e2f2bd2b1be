-- reconcile_organizations: whom to compare, the one first whose last check is oldest.
-- Called by:  PgReconcileStore::organizations.
-- Relies on:  rolecall.reconcile_organizations_v1.
-- Holds:      as that function.
select o as organization from rolecall.reconcile_organizations_v1() o
