-- status_drift: known differences by class, and the age of the oldest.
-- Called by:  read_gauges (worker/app/status.cpp).     Answers: a row a class.
-- Relies on:  the view rolecall.drift.
-- Holds:      nothing is locked or changed.
select class, count(*) as differences, extract(epoch from max(age))::float8 as oldest_s from rolecall.drift group by class
