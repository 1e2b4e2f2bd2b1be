-- status_subjects: how many subjects are confirmed, delivered, pending or wait for a person, since when the oldest is, and
-- how old the oldest change is that was not seen at WorkOS.
-- Called by:  read_status and read_gauges (worker/app/status.cpp).     Answers: a row per state.
-- Relies on:  the view rolecall.convergence.
-- Holds:      nothing is locked or changed.
select state, count(*) as subjects, extract(epoch from clock_timestamp() - min(since))::float8 as oldest_s,
       extract(epoch from max(lag) filter (where state <> 'confirmed'))::float8 as oldest_unproven_s
  from rolecall.convergence group by state
