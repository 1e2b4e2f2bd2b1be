-- status_snapshots: how old the oldest transaction is that keeps dead rows from being removed.
-- Called by:  read_database (worker/app/status.cpp).     Answers: one row.
-- Relies on:  the view rolecall.snapshots.
-- Holds:      nothing is locked or changed.
select coalesce(max(age_s), 0) as oldest_s, coalesce(max(transactions), 0) as transactions from rolecall.snapshots
