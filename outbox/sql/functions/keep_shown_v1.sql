-- keep_shown_v1, state_told_v1: what a membership was at WorkOS, or when a role ended, for rolecall.effective_states.
-- Called by:  reduce_observed_v2 before it writes observed; maintain_v1 for events that leave the inbox.
-- Relies on:  observed_pkey, sends_by_subject.
-- Holds:      every state that was seen is kept: what an event told is in the inbox until maintain_v1 takes it over.
create or replace function rolecall.keep_shown_v1(reductions jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  moment timestamptz := clock_timestamp();
begin
  insert into rolecall.effective_states (
    subject, organization_id, since, unknown_from, present, incarnation, incarnation_created_at, status, roles, source,
    recorded_at)
  select o.subject, o.organization_id,
         coalesce(rolecall.workos_time(case when r.seen is null then o.absent_since else r.seen_at end), moment),
         case when r.seen is null and o.incarnation is not null then coalesce(
           -- our DELETE was answered: it ended after that was sent; else, after it was last seen
           case when r.seen_source = 'answer' then (
             select max(d.leased_at) from rolecall.sends d
              where d.subject = o.subject and d.operation = 'delete' and d.state = 'answered') end,
           greatest(rolecall.workos_time(o.seen_at), o.confirmed_at)) end,
         r.seen is not null,
         case when r.seen is null then o.incarnation else r.incarnation end,
         rolecall.workos_time(case when r.seen is null then o.incarnation_created_at else r.incarnation_created_at end),
         r.seen_status, array(select jsonb_array_elements_text(r.seen -> 'roles')), r.seen_source, moment
    from (select x.subject, nullif(x.seen, 'null') as seen, nullif(x.seen_at, '') as seen_at, x.looked,
                 nullif(x.seen_status, '') as seen_status, x.seen_source, x.incarnation,
                 nullif(x.incarnation_created_at, '') as incarnation_created_at
            from jsonb_to_recordset(reductions) as x (
              subject text, seen jsonb, seen_at text, looked boolean, seen_status text, seen_source text,
              incarnation text, incarnation_created_at text)
           where x.seen_source in ('answer', 'read') and x.subject like 'member:%') r
   cross join lateral (select o.* from rolecall.observed o where o.subject = r.subject offset 0) o
   where (r.seen is null or r.incarnation is not null)
     and (r.seen is distinct from o.seen or r.looked and not o.looked
          or r.seen is not null and (r.seen_at, r.seen_status, r.incarnation)
                                    is distinct from (o.seen_at, o.seen_status, o.incarnation));
end $$;
comment on function rolecall.keep_shown_v1(jsonb) is
  'Part of reduce_apply_v2: what answers and reads showed of members, where it is new, goes into effective_states.';

create or replace function rolecall.state_told_v1(e rolecall.inbox) returns rolecall.effective_states
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select (null, e.subject, e.organization_id,
          -- WorkOS does not say when a membership ended but by the time of the event
          case when jsonb_typeof(e.shown -> 'value') = 'object'
               then coalesce(rolecall.workos_time(e.shown ->> 'updated_at'), rolecall.workos_time(e.at))
               else rolecall.workos_time(e.at) end,
          null, jsonb_typeof(e.shown -> 'value') is not distinct from 'object', e.shown ->> 'incarnation',
          rolecall.workos_time(e.shown ->> 'created_at'), e.shown ->> 'status',
          array(select jsonb_array_elements_text(e.shown #> '{value,roles}')),
          'event', e.actor, e.event_id, e.seq, e.received_at)::rolecall.effective_states
   where (e.family = 'member' or e.family = 'role' and e.type like '%.deleted')
     and e.shown ->> 'incarnation' <> '' and rolecall.workos_time(e.at) is not null
$$;
comment on function rolecall.state_told_v1(rolecall.inbox) is
  'What an event told of a membership, or of the end of a role, applied or not; null for any other.';
