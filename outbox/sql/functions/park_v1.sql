-- park_v1, end_replay_v1: an organization stands still at an event that cannot be applied, and goes on.
-- Called by:  record_events_v1, reduce_apply_v2, apply_direct_v1.
-- Relies on:  workos_organization_syncs_pkey, inbox_by_object.
-- Holds:      one bad event holds up its organization alone, in attention, and loses nothing.
create or replace function rolecall.park_v1(workos_organization_id text, seq bigint, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  before text := coalesce((
    select i.event_id from rolecall.inbox i
     where i.workos_organization_id = park_v1.workos_organization_id and i.seq < park_v1.seq
       and i.event_id not like '%:end'  -- an end that was never shown has an id of our own (route_roles_v1)
     order by i.seq desc limit 1), '');
begin
  insert into rolecall.workos_organization_syncs as r (
    workos_organization_id, last_event_id, parked_seq, parked_reason, parked_at)
  values (park_v1.workos_organization_id, before, park_v1.seq, left(park_v1.reason, 2000), clock_timestamp())
  on conflict (workos_organization_id) do update
    set parked_seq = excluded.parked_seq, parked_reason = excluded.parked_reason,
        parked_at = coalesce(r.parked_at, excluded.parked_at), last_event_id = excluded.last_event_id,
        updated_at = clock_timestamp()
    where r.parked_seq is null or r.parked_seq > excluded.parked_seq;
end $$;
comment on function rolecall.park_v1(text, bigint, text) is
  'Parks an organization at the inbox row that cannot be applied; the first of several counts.';

create or replace function rolecall.parked_at_v1(workos_organization_id text) returns bigint
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select coalesce((select r.parked_seq from rolecall.workos_organization_syncs r
                    where r.workos_organization_id = $1), 9223372036854775807)
$$;
comment on function rolecall.parked_at_v1(text) is
  'The inbox row at which the organization is parked: none from there on is applied. The highest number: it is not.';

create or replace function rolecall.unpark_v1(workos_organization_id text) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  next rolecall.inbox;
begin
  select * into next from rolecall.inbox i
   where i.workos_organization_id = unpark_v1.workos_organization_id and i.applied_at is null and i.problem is not null
   order by i.seq limit 1;
  update rolecall.workos_organization_syncs r
     set parked_seq = null, parked_reason = null, parked_at = null, replay_asked_at = null, replayed_to = null,
         updated_at = clock_timestamp(), last_event_id = coalesce((
           select i.event_id from rolecall.inbox i
            where i.workos_organization_id = unpark_v1.workos_organization_id and i.event_id not like '%:end'
            order by i.seq desc limit 1), r.last_event_id)
   where r.workos_organization_id = unpark_v1.workos_organization_id;
  if next.seq is not null then
    perform rolecall.park_v1(unpark_v1.workos_organization_id, next.seq, next.problem);
  end if;
  update rolecall.observed o set reduce_due_at = clock_timestamp(), reduce_failure = null
   where o.subject in (
     select x.subject from rolecall.observed x
      where x.subject in (select i.subject from rolecall.inbox i
                           where i.workos_organization_id = unpark_v1.workos_organization_id
                             and i.applied_at is null and i.subject is not null)
      order by x.subject for update);
end $$;
comment on function rolecall.unpark_v1(text) is
  'The organization goes on with what waits in the inbox, up to the next event that cannot be applied.';

create or replace function rolecall.end_replay_v1(workos_organization_id text) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  perform rolecall.unpark_v1(end_replay_v1.workos_organization_id);
  perform rolecall.audit(g.id, null, null, 'organization_replayed', null, '{}')
     from rolecall.organizations g where g.workos_organization_id = end_replay_v1.workos_organization_id;
end $$;
comment on function rolecall.end_replay_v1(text) is
  'The organization''s events were read again to their end: it goes on.';
