-- status_attention_counts: how many things wait for a person, by reason.
-- Called by:  read_gauges (worker/app/status.cpp).     Answers: a row per reason.
-- Relies on:  the view rolecall.attention.
-- Holds:      nothing is locked or changed.
select reason, count(*) as rows from rolecall.attention group by reason
