-- session_settings: is there a statement timeout? A statement without one could hold a lane for ever.
-- Called by:  PgStore::open_session.   Answers: one row.
-- Relies on:  nothing.
-- Holds:      I9: no statement of a worker runs without an end.
select current_setting('statement_timeout') <> '0' as has_timeout
