-- preflight_schema: the newest migration that this database has had.
-- Called by:  preflight (worker/app/preflight/look_at_postgres.cpp).     Answers: one row.
-- Relies on:  rolecall.schema_migrations.
-- Holds:      nothing is locked or changed.
select name from rolecall.schema_migrations order by version desc limit 1
