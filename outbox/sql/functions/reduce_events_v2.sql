-- reduce_events_v2: the events that a reduction applied, with what became of each.
-- Called by:  reduce_apply_v2, under the subjects' locks.
-- Relies on:  inbox's unique (event_id, family), inbox_pkey.
-- Holds:      I12: an event is applied with its effects, or not at all.
create or replace function rolecall.reduce_events_v2(reductions jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  newest jsonb;
begin
  with a as materialized (  -- offset 0: each by its key, however many wait in the inbox
    select i.seq, i.subject, i.event_id, a.verdict
      from jsonb_array_elements(reductions) r
     cross join lateral jsonb_each_text(coalesce(r -> 'applied', '{}')) a (event, verdict)
     cross join lateral (
       select i.seq, i.subject, i.event_id from rolecall.inbox i
        where i.event_id = a.event and i.subject = r ->> 'subject' and i.applied_at is null offset 0) i),
  u as (
    update rolecall.inbox i set applied_at = clock_timestamp(), outcome = a.verdict from a where i.seq = a.seq
    returning a.subject, a.seq, a.event_id)
  select jsonb_object_agg(n.subject, n.event_id) into newest
    from (select distinct on (u.subject) u.subject, u.event_id from u order by u.subject, u.seq desc) n;
  return coalesce(newest, '{}');
end $$;
comment on function rolecall.reduce_events_v2(jsonb) is
  'Part of reduce_apply_v2: marks events as applied; answers the newest of each subject.';
