-- status_tables: how large each table is, and how many dead rows it has.
-- Called by:  read_database (worker/app/status.cpp).     Answers: a row per table, partitions together.
-- Relies on:  the view rolecall.tables_status, which waits for a locked table a moment, then fails.
-- Holds:      nothing is locked or changed.
select name, live_rows, dead_rows, table_bytes, index_bytes from rolecall.tables_status
