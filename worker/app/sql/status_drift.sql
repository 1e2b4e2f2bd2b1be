-- status_drift: known differences by class.
-- Called by:  read_gauges (worker/app/status.cpp).     Answers: a row a class.
-- Relies on:  the view rolecall.drift.
-- Holds:      nothing is locked or changed.
select class, count(*) as differences from rolecall.drift group by class
