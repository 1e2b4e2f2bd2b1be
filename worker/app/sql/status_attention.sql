-- status_attention: everything that waits for a person, the oldest first.
-- Called by:  read_status (worker/app/status.cpp).     Answers: a row per thing.
-- Relies on:  the view rolecall.attention.
-- Holds:      nothing is locked or changed.
select organization_id, subject, outbox_id, reason, detail, command,
       to_char(since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
       extract(epoch from clock_timestamp() - since)::float8 as since_s
  from rolecall.attention
 order by rolecall.attention.since, subject
