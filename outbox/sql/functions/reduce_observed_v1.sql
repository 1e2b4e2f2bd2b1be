-- reduce_observed_v1: what WorkOS last showed, when it is read next, and the evidence of what is
-- confirmed.
-- Called by:  reduce_apply_v1, under the subject's locks.
-- Relies on:  observed_pkey, lanes_pkey, confirmations_pkey, outbox_attempts_by_subject.
-- Holds:      I12: a lane that waits for a look always has a read ahead.
create or replace function rolecall.reduce_observed_v1(reduction jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  key text := reduction ->> 'subject';
  r record;
  moment timestamptz := clock_timestamp();
  read_at timestamptz := moment + (reduction ->> 'verify_in_ms')::bigint * interval '1 ms';
  look_after timestamptz := (select l.look_after from rolecall.lanes l where l.subject = key);
  answered_by text;
  -- with the stream on, a read is compared once the stream has reached past it
  waits boolean := coalesce((reduction ->> 'read_waits')::boolean, false);
begin
  select * into r from jsonb_to_record(reduction) as x (
    incarnation text, incarnation_created_at text, dead_incarnation_at text, echoed bigint, looked boolean,
    seen jsonb, seen_at text, seen_status text, seen_source text, absent_since text, directory_managed boolean,
    confirmed bigint, verify_reason text);
  update rolecall.observed o
     set incarnation = r.incarnation,
         incarnation_created_at = nullif(r.incarnation_created_at, ''),
         dead_incarnation_at = nullif(r.dead_incarnation_at, ''),
         echoed_version = r.echoed, looked = r.looked, seen = nullif(r.seen, 'null'),
         seen_at = nullif(r.seen_at, ''), seen_status = nullif(r.seen_status, ''),
         seen_source = nullif(r.seen_source, ''), absent_since = nullif(r.absent_since, ''),
         directory_managed = coalesce(r.directory_managed, false),
         confirmed_version = coalesce(greatest(r.confirmed, o.confirmed_version), o.confirmed_version),
         confirmed_at = case when r.confirmed > o.confirmed_version then moment else o.confirmed_at end,
         -- A read that nobody took yet stays due; a lane that looks is read when its time has come.
         verify_at = case when waits then null
                          when read_at is not null or look_after is not null
                          then greatest(coalesce(read_at, o.verify_at, moment), look_after)
                          when o.pending_read is null then o.verify_at end,
         verify_reason = case when read_at is not null then nullif(r.verify_reason, '')
                              when look_after is not null or o.pending_read is null then o.verify_reason end,
         reading_until = null, pending_read = case when waits then o.pending_read end, reduce_failure = null,
         seen_event_id = coalesce(reduction ->> 'newest_event', o.seen_event_id),
         -- what came meanwhile, or was more than one look at the inbox takes
         reduce_due_at = case when exists (
           select from rolecall.inbox i
            where i.subject = key and i.applied_at is null and i.problem is null
              and i.seq < coalesce((select p.parked_seq from rolecall.workos_organization_syncs p
                                     where p.workos_organization_id = i.workos_organization_id), i.seq + 1)
              and (select t.flows from rolecall.stream_v1() t)) then moment end
   where o.subject = key;
  if r.confirmed is null then
    return;
  end if;
  select a.request_id into answered_by from rolecall.outbox_attempts a
   where a.subject = key and a.version = r.confirmed and a.outcome = 'delivered'
     and a.at between moment - interval '2 days' and moment  -- days, because partitions are probed one by one
   order by a.id desc limit 1;
  insert into rolecall.confirmations (subject, version, organization_id, effective_at, source, request_id)
  select key, r.confirmed, s.organization_id, nullif(r.seen_at, ''),
         coalesce(nullif(r.seen_source, ''), 'read'), answered_by
    from rolecall.subjects s where s.subject = key
  on conflict (subject, version) do nothing;
end $$;
comment on function rolecall.reduce_observed_v1(jsonb) is
  'Part of reduce_apply_v1: observed and confirmations.';
