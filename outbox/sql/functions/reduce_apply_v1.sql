-- reduce_apply_v1: writes what the reducer made of one subject's facts.
-- Called by:  PgStore::reduce, after reduce_take_v1 and in its transaction, which holds every lock
--             needed here.
-- Relies on:  observed_pkey, sends_pkey, subjects_pkey, lanes_pkey; publish, mirror_adopt,
--             mirror_seen, audit; guard_reduction_v1.
-- Holds:      I5: a correction is a new version and its outbox row; I12: what is due is cleared
--             with its effects.
create or replace function rolecall.reduce_apply_v1(reduction jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  key text := reduction ->> 'subject';
  organization text;
  newest bigint;
  entry jsonb;
begin
  if reduction ->> 'failed' is not null then
    update rolecall.observed o
       set reduce_failure = left(reduction ->> 'failed', 2000), reduce_due_at = null, pending_read = null
     where o.subject = key;
    perform rolecall.park_v1(i.workos_organization_id, i.seq, reduction ->> 'failed')
       from rolecall.inbox i where i.subject = key and i.applied_at is null order by i.seq limit 1;
    return;
  elsif not rolecall.guard_reduction_v1(reduction) then
    return;  -- before anything is lost here
  end if;
  perform rolecall.reduce_sends_v1(reduction);
  perform rolecall.reduce_lane_v1(reduction);
  if coalesce(reduction -> 'applied', '{}') <> '{}' then
    reduction := reduction || jsonb_build_object('newest_event', rolecall.reduce_events_v1(reduction));
  end if;
  perform rolecall.reduce_observed_v1(reduction);
  newest := rolecall.reduce_desired_v1(reduction);  -- what is adopted is read in the light of what was seen
  select s.organization_id into organization from rolecall.subjects s where s.subject = key;
  for entry in select e from jsonb_array_elements(coalesce(reduction -> 'audit', '[]')) e loop
    perform rolecall.audit(organization, key, newest, entry ->> 'verdict', null,
                           jsonb_build_object('detail', entry ->> 'detail'));
  end loop;
  perform rolecall.mirror_seen(key);
  if key like 'role:%' and coalesce(reduction -> 'applied', '{}') <> '{}' then  -- the next one of its slug may be another role's
    perform rolecall.route_roles_v1(100, k.object_key)
       from (select o.object_key from rolecall.observed o where o.subject = key
             union all
             select 'permissions:' || substring(o.object_key from 6) from rolecall.observed o where o.subject = key) k;
  end if;
  perform rolecall.guard_over_v1(reduction);
end $$;
comment on function rolecall.reduce_apply_v1(jsonb) is
  'Writes a reduction (outbox/core/facts.hpp) or, under "failed", why there is none.';

create or replace function rolecall.reduce_events_v1(reduction jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  newest text;
begin
  with u as (
    update rolecall.inbox i set applied_at = clock_timestamp(), outcome = a.verdict
      from jsonb_each_text(reduction -> 'applied') a (event, verdict)
     where i.subject = reduction ->> 'subject' and i.event_id = a.event and i.applied_at is null
    returning i.seq, i.event_id)
  select (array_agg(u.event_id order by u.seq desc))[1] into newest from u;
  return newest;
end $$;
comment on function rolecall.reduce_events_v1(jsonb) is
  'Part of reduce_apply_v1: events that were applied; answers the newest of them.';
