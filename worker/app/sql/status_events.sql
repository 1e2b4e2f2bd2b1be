-- status_events: how far WorkOS's event stream was read.
-- Called by:  read_gauges (worker/app/status.cpp).     Answers: one row.
-- Relies on:  the view rolecall.event_stream_status.
-- Holds:      nothing is locked or changed.
select coalesce(lag_s, 0) as lag_s, waiting, parked from rolecall.event_stream_status
