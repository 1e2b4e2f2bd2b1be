-- stream_reached: does the event stream tell all that happened before a read?
-- Called by:  PgReconcileStore::stream_reached.
-- Relies on:  rolecall.stream_reached_v1.
-- Holds:      as that function.
select rolecall.stream_reached_v1($1) as answer
