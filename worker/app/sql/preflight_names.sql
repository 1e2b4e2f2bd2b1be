-- preflight_names: roles that WorkOS would refuse, the first $1 of them.
-- Called by:  preflight (worker/app/preflight/look_at_postgres.cpp).     Answers: a row per role.
-- Relies on:  rolecall.preflight_names.
-- Holds:      nothing is locked or changed.
select place, slug, problem, total from rolecall.preflight_names($1::int)
