-- status_rows: how many outbox rows are in each state and kind, and how long the oldest has been due.
-- Called by:  read_status and read_gauges (worker/app/status.cpp).     Answers: a row per state and kind.
-- Relies on:  the view rolecall.outbox_status; a due time ahead makes oldest_due_s negative.
-- Holds:      nothing is locked or changed.
select state, kind, rows,
       extract(epoch from clock_timestamp() - oldest_due)::float8 as oldest_due_s
  from rolecall.outbox_status
