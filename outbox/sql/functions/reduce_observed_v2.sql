-- reduce_observed_v2: what WorkOS last showed of each subject, when it is read next, and the evidence
-- of what is confirmed.
-- Called by:  reduce_apply_v2, under the subjects' locks.
-- Relies on:  keep_shown_v1; observed_pkey, lanes_pkey, confirmations_pkey, outbox_attempts_by_subject.
-- Holds:      I12: a lane that waits for a look always has a read ahead.
create or replace function rolecall.reduce_observed_v2(reductions jsonb, newest_events jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  flows boolean := (select t.flows from rolecall.stream_v1() t);
begin
  perform rolecall.keep_shown_v1(reductions);  -- what is new is seen beside what was known
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
         verify_at = case when r.waits then null
                          when r.read_at is not null or r.look_after is not null
                          then greatest(coalesce(r.read_at, o.verify_at, moment), r.look_after)
                          when o.pending_read is null then o.verify_at end,
         verify_reason = case when r.read_at is not null then nullif(r.verify_reason, '')
                              when r.look_after is not null or o.pending_read is null then o.verify_reason end,
         reading_until = null, pending_read = case when r.waits then o.pending_read end, reduce_failure = null,
         seen_event_id = coalesce(newest_events ->> r.subject, o.seen_event_id),
         -- what came meanwhile, or was more than one look at the inbox takes
         reduce_due_at = case when flows then (  -- not exists(): that would read all that waits, for anybody
           select moment from rolecall.inbox i
            where i.subject = r.subject and i.applied_at is null and i.problem is null
              and i.seq < coalesce((select p.parked_seq from rolecall.workos_organization_syncs p
                                     where p.workos_organization_id = i.workos_organization_id), i.seq + 1)
            limit 1) end
    from (select x.*, l.look_after, moment + x.verify_in_ms * interval '1 ms' as read_at,
                 -- with the stream on, a read is compared once the stream has reached past it
                 coalesce(x.read_waits, false) as waits
            from jsonb_to_recordset(reductions) as x (
              subject text, incarnation text, incarnation_created_at text, dead_incarnation_at text, echoed bigint,
              looked boolean, seen jsonb, seen_at text, seen_status text, seen_source text, absent_since text,
              directory_managed boolean, confirmed bigint, verify_in_ms bigint, verify_reason text, read_waits boolean)
            left join rolecall.lanes l on l.subject = x.subject) r
   where o.subject = r.subject;
  insert into rolecall.confirmations (subject, version, organization_id, effective_at, source, request_id, sent_at)
  select r.subject, r.confirmed, s.organization_id,
         -- of an end only an event says when it came
         case when coalesce(r.seen, 'null') <> 'null' or r.seen_source = 'event' then nullif(r.seen_at, '') end,
         coalesce(nullif(r.seen_source, ''), 'read'), a.request_id, a.at
    from jsonb_to_recordset(reductions) as r (
      subject text, confirmed bigint, seen jsonb, seen_at text, seen_source text)
    join rolecall.subjects s on s.subject = r.subject
    left join lateral (
      select a.request_id, a.at from rolecall.outbox_attempts a
       where a.subject = r.subject and a.version = r.confirmed and a.outcome = 'delivered'
         and exists (select from rolecall.lanes l where l.subject = r.subject)
         and a.at between moment - interval '2 days' and moment  -- days, because partitions are probed one by one
       order by a.id desc limit 1) a on true
   where r.confirmed is not null
  on conflict (subject, version) do nothing;
end $$;
comment on function rolecall.reduce_observed_v2(jsonb, jsonb) is
  'Part of reduce_apply_v2: observed and confirmations.';
