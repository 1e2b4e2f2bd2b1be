-- reduce_events_v2: the events that a reduction applied, with what became of each.
-- Called by:  reduce_apply_v2, under the subjects' locks.
-- Relies on:  inbox_by_subject.
-- Holds:      I12: an event is applied with its effects, or not at all.
create or replace function rolecall.reduce_events_v2(reductions jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  these text[] := array(select r ->> 'subject' from jsonb_array_elements(reductions) r where r -> 'applied' <> '{}');
  verdicts jsonb := coalesce((
    select jsonb_object_agg(r ->> 'subject', r -> 'applied') from jsonb_array_elements(reductions) r
     where r -> 'applied' <> '{}'), '{}');
  newest jsonb;
begin
  with u as (  -- what waits of a subject, however many wait in the inbox
    update rolecall.inbox i set applied_at = clock_timestamp(), outcome = verdicts -> i.subject ->> i.event_id
     where i.subject = any (these) and i.applied_at is null and verdicts -> i.subject ? i.event_id
    returning i.subject, i.seq, i.event_id)
  select jsonb_object_agg(n.subject, n.event_id) into newest
    from (select distinct on (u.subject) u.subject, u.event_id from u order by u.subject, u.seq desc) n;
  return coalesce(newest, '{}');
end $$;
comment on function rolecall.reduce_events_v2(jsonb) is
  'Part of reduce_apply_v2: marks events as applied; answers the newest of each subject.';
