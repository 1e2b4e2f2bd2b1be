-- intake_v1: moves the given outbox rows, locked by the caller, into their lanes and the history.
-- Called by:  take_in_v1; operators' functions, for a row that no worker has taken in yet.
-- Relies on:  outbox_pkey, lanes_pkey, guard_holds_pkey.
-- Holds:      I2; I3 the newest version's content wins; I5; an unsent revocation keeps its urgency;
--             what the mass-revoke guard holds becomes held.
create or replace function rolecall.intake_v1(ids bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  bound interval;
  allowed double precision;
  up double precision := rolecall.up_seconds_v1();
begin
  select c.wait_bound_ms * interval '1 ms', c.up_seconds_allowed into bound, allowed
    from rolecall.provider_control c;

  with newest as materialized (
    select distinct on (o.subject) o.*, min(o.priority) over own as urgency,
           min(o.id) over own as first_id, min(o.enqueued_at) over own as first_at
      from unnest(ids) i (id) join rolecall.outbox o on o.id = i.id
    window own as (partition by o.subject)
     order by o.subject, o.version desc),
  bounded as materialized (
    select n.*, g.version is not null as guarded,
           rolecall.guard_words(g.source, g.lost, g.revoked, g.assignments) as guard_words,
           case when n.waits_for <> '{}' then clock_timestamp() + bound end as wait_until,
           case when n.urgency > 0 then rolecall.first_unmet_v1(n.waits_for, n.organization_id) end as unmet
      from newest n
      left join rolecall.guard_holds g on g.subject = n.subject and g.version = n.version and g.held)
  insert into rolecall.lanes as l (
    subject, organization_id, kind, priority, state, wanted_version, wanted_id, owed_since_id, enqueued_at,
    desired, next_attempt_at, up_seconds_left, up_seconds_mark, waits_for, waits_on, waits_version, wait_until,
    failure_code, failure_detail, failure_at)
  select b.subject, b.organization_id, b.kind, b.urgency, case when b.guarded then 'held' else 'due' end, b.version, b.id, b.first_id, b.first_at,
         b.desired, clock_timestamp(), allowed, up, b.waits_for, (b.unmet).subject, (b.unmet).version, b.wait_until,
         case when b.guarded then 'mass_revoke' end, case when b.guarded then b.guard_words end,
         case when b.guarded then clock_timestamp() end
    from bounded b order by b.subject  -- two workers that make the same lanes meet in one order
  on conflict (subject) do update set
    kind = excluded.kind, desired = excluded.desired,
    wanted_version = excluded.wanted_version, wanted_id = excluded.wanted_id,
    state = case when l.state = 'leased' then 'leased' else excluded.state end, ended = null,
    -- settle honours it
    requested = case when l.state = 'leased' and excluded.state = 'held' then 'hold' else l.requested end,
    requested_version = case when l.state = 'leased' and excluded.state = 'held' then excluded.wanted_version
                             else l.requested_version end,
    requested_reason = case when l.state = 'leased' and excluded.state = 'held' then excluded.failure_detail
                            else l.requested_reason end,
    state_since = case when l.state in ('leased', excluded.state) then l.state_since else clock_timestamp() end,
    priority = case when l.delivered_version = l.wanted_version or l.ended = 'observed'
                    then excluded.priority else least(l.priority, excluded.priority) end,
    owed_since_id = case when l.state = 'idle' then excluded.owed_since_id
                         else least(l.owed_since_id, excluded.owed_since_id) end,
    enqueued_at = case when l.state = 'idle' then excluded.enqueued_at
                       else least(l.enqueued_at, excluded.enqueued_at) end,
    next_attempt_at = case when l.state = 'due' then least(l.next_attempt_at, excluded.next_attempt_at)
                           else excluded.next_attempt_at end,
    attempts = 0, leases = case when l.state = 'leased' then l.leases else 0 end,
    up_seconds_left = excluded.up_seconds_left, up_seconds_mark = excluded.up_seconds_mark,
    waits_for = excluded.waits_for,
    waits_on = case when l.priority > 0 or l.delivered_version = l.wanted_version or l.ended = 'observed'
                    then excluded.waits_on end,
    waits_version = case when l.priority > 0 or l.delivered_version = l.wanted_version or l.ended = 'observed'
                         then excluded.waits_version end,
    wait_until = case when l.state = 'due' and l.waits_on is not null  -- edits do not prolong a wait
                      then least(l.wait_until, excluded.wait_until) else excluded.wait_until end,
    failure_class = null, failure_code = excluded.failure_code, failure_detail = excluded.failure_detail,
    failure_status = null, failure_request_id = null, failure_at = excluded.failure_at
  where excluded.wanted_version > l.wanted_version;

  -- What the guard held, or only counted, is over with a newer version.
  delete from rolecall.guard_holds h where (h.subject, h.version) in (
    select g.subject, g.version
      from unnest(ids) i (id) join rolecall.outbox o on o.id = i.id
      join rolecall.guard_holds g on g.subject = o.subject
     where g.version < o.version or (g.version = o.version and not g.held)
       for update of g skip locked);

  -- A version that comes after a newer one (two workers took them in) still lends it its urgency
  -- and place.
  update rolecall.lanes l
     set priority = least(l.priority, o.priority), owed_since_id = least(l.owed_since_id, o.id),
         enqueued_at = least(l.enqueued_at, o.enqueued_at),
         waits_on = case when o.priority > 0 then l.waits_on end,
         waits_version = case when o.priority > 0 then l.waits_version end
    from unnest(ids) i (id) join rolecall.outbox o on o.id = i.id
   where l.subject = o.subject and l.wanted_version > o.version and l.delivered_version < o.version
     and l.state in ('due', 'leased', 'held')
     and (l.priority > o.priority or l.owed_since_id > o.id);

  with gone as (
    delete from rolecall.outbox o using unnest(ids) i (id) where o.id = i.id returning o.*)
  insert into rolecall.outbox_history (id, organization_id, subject, version, kind, desired, waits_for,
                                       priority, enqueued_at, enqueued_by, reason)
  select g.id, g.organization_id, g.subject, g.version, g.kind, g.desired, g.waits_for,
         g.priority, g.enqueued_at, g.enqueued_by, g.reason
    from gone g;
end $$;
comment on function rolecall.intake_v1(bigint[]) is
  'Moves outbox rows, which the caller has locked together with their lanes, into lanes and '
  'history.';
