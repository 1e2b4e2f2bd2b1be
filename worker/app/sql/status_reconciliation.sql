-- status_reconciliation: how many organizations were compared, and how old the oldest check is.
-- Called by:  read_gauges (worker/app/status.cpp).     Answers: one row.
-- Relies on:  the view rolecall.reconciliation_status.
-- Holds:      nothing is locked or changed.
select organizations, checked, coalesce(oldest_check_s, 0) as oldest_check_s
  from rolecall.reconciliation_status
