-- linked_organizations: $2 organizations that WorkOS should know, after its id $1.
-- Called by:  preflight (worker/app/preflight/look_at_workos.cpp), page by page.     Answers: a row per organization.
-- Relies on:  rolecall.linked_organizations.
-- Holds:      nothing is locked or changed.
select organization_id, workos_organization_id from rolecall.linked_organizations($1::text, $2::int)
