-- upsert_global_role: enters or revives one role of the environment, by its slug.
-- Called by:  sync-roles, and run at its start (worker/app/environment_roles.cpp).     Answers: one row.
-- Relies on:  rolecall.upsert_global_role, which leaves an equal role as it is.
-- Holds:      a global role is never deleted by it.
select rolecall.upsert_global_role($1, $2)
