-- adopt_now: the database's clock; what is read from here on began after it.
-- Called by:  AdoptionStore::now.     Answers: one row.
-- Relies on:  nothing.
-- Holds:      as json_time_v1: such texts compare as the times do.
select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now
