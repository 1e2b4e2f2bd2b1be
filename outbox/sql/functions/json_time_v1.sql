-- json_time_v1: a time as it stands in documents between the database and a worker.
-- Called by:  lease_due_v1, reduce_take_v1, take_verifications_v1, record_read_v1.
-- Relies on:  nothing.
-- Holds:      RFC 3339 in UTC with microseconds: such texts compare as the times do.
create or replace function rolecall.json_time_v1(moment timestamptz) returns text
language sql stable strict parallel safe as $$
  select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
comment on function rolecall.json_time_v1(timestamptz) is
  'A time as text: RFC 3339, UTC, microseconds.';
