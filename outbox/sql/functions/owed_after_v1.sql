-- owed_after_v1: urgency and place of the versions that were taken in while an older one was being
-- said.
-- Called by:  settle_lanes_v1, when a delivered version was no longer the newest.
-- Relies on:  outbox_history_by_subject, in the partitions since the lease began.
-- Holds:      a barrier counts what is owed still, not what was; urgency ends with what was urgent.
create or replace function rolecall.owed_after_v1(
  subject text, version bigint, since timestamptz, until timestamptz)
returns table (priority smallint, since_id bigint, enqueued_at timestamptz)
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select min(h.priority), min(h.id), min(h.enqueued_at)
    from rolecall.outbox_history h
   where h.subject = $1 and h.version > $2 and h.taken_at between $3 and $4
$$;
comment on function rolecall.owed_after_v1(text, bigint, timestamptz, timestamptz) is
  'Lowest priority, outbox id and time among the versions newer than the one given.';
