-- take_pull_v1: the right to pull events, for 30 s, and where to begin; or when to ask again.
-- Called by:  PgStore::take_pull, when the schedule is due or a webhook announced events.
-- Relies on:  schedules_pkey, event_nudges_pkey, inbox's unique (event_id, family).
-- Holds:      one puller per environment; a pull that was off for longer than WorkOS keeps events does not go on.
create or replace function rolecall.take_pull_v1(worker bigint, announced text[] default '{}') returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  moment timestamptz := clock_timestamp();
  plan rolecall.schedules;
  stream rolecall.event_stream;
  gate record;
  replay rolecall.workos_organization_syncs;
  news int := 0;
begin
  select * into plan from rolecall.schedules s where s.name = 'pull_events' for update skip locked;
  if not found then  -- somebody takes or ends a pull in this moment
    return jsonb_build_object('granted', false, 'again_in_ms', 50, 'kept', false);
  end if;
  select * into stream from rolecall.event_stream;
  if not plan.enabled or stream.gap_since is not null or not rolecall.session_lives_v1(worker) then
    return jsonb_build_object('granted', false, 'kept', true);
  end if;
  if cardinality(announced) > 0 then
    insert into rolecall.event_nudges (event_id)
    select distinct a from unnest(announced) a
     where a <> '' and not exists (select from rolecall.inbox i where i.event_id = a)
    on conflict (event_id) do nothing;
    get diagnostics news = row_count;
  end if;
  if news > 0 then
    update rolecall.schedules s set due_at = moment where s.name = plan.name and s.due_at > moment;
    plan.due_at := least(plan.due_at, moment);
  end if;
  if plan.leased_by <> worker and plan.lease_expires_at > moment and exists (
      select from rolecall.worker_sessions w where w.id = plan.leased_by and w.retired_at is null) then
    return jsonb_build_object('granted', false, 'again_in_ms', 200, 'kept', true);
  elsif plan.due_at > moment then
    return jsonb_build_object('granted', false, 'kept', true,
      'again_in_ms', ceil(1000 * extract(epoch from plan.due_at - moment))::bigint);
  end if;
  select g.* into gate from rolecall.provider_gate_v1() g;
  -- with nothing to say and nothing to read, only a pull can find out that WorkOS is back
  if gate.mode = 'paused' or gate.mode <> 'up' and (gate.next_probe_ms > 0 or not rolecall.claim_probe_v1()) then
    return jsonb_build_object('granted', false, 'again_in_ms', 1000, 'kept', true);
  elsif coalesce(stream.pulled_at, stream.started_from) < moment - rolecall.events_kept_v1() then
    perform rolecall.note_gap_v1(format('no pull since %s, and WorkOS keeps events for 30 days',
                                        coalesce(stream.pulled_at, stream.started_from)));
    return jsonb_build_object('granted', false, 'kept', true);
  end if;
  if gate.mode <> 'up' then
    perform rolecall.note_probe_v1();
  end if;
  update rolecall.schedules s set leased_by = worker, lease_expires_at = moment + interval '30 s'
   where s.name = plan.name;
  update rolecall.event_stream e set started_from = moment where e.started_from is null;
  -- each in its turn: one that WorkOS refuses holds up no other
  update rolecall.workos_organization_syncs r set replay_asked_at = moment
   where r.workos_organization_id = (select x.workos_organization_id from rolecall.workos_organization_syncs x
                                      where x.replay_asked_at is not null order by x.replay_asked_at limit 1
                                        for update skip locked)
  returning r.* into replay;
  return (
    select jsonb_build_object(
      'granted', true, 'kept', true, 'again_in_ms', plan.every_ms,
      'after', coalesce(c.last_event_id, ''), 'after_at', coalesce(c.last_event_at, ''),
      -- what a pull has seen empty needs not be asked for again, and no range may span more than 30 days
      'since', rolecall.json_time_v1(greatest(e.started_from, e.pulled_at - interval '10 min')),
      'begun_at', rolecall.json_time_v1(moment),
      'refused_types', to_jsonb(e.refused_types),
      'roles_due', exists (select from rolecall.inbox i where i.applied_at is null and i.family = 'environment_role'),
      'replay', coalesce(replay.workos_organization_id, ''),
      'replay_after', coalesce(replay.replayed_to, replay.last_event_id, ''),
      -- with no event before the one that cannot be applied: from just before that one
      'replay_since', rolecall.json_time_v1(greatest(moment - rolecall.events_kept_v1(), coalesce((
        select coalesce(rolecall.workos_time(i.at), i.received_at) - interval '1 min'
          from rolecall.inbox i where i.seq = replay.parked_seq), e.started_from))))
      from rolecall.event_stream e
      left join rolecall.workos_user_syncs c on true);
end $$;
comment on function rolecall.take_pull_v1(bigint, text[]) is
  'Grants the pull of events to one worker and says where it begins, or when to ask again (no time: when the '
  'schedule is switched on). kept: the announced events need not be announced again.';

create or replace function rolecall.events_kept_v1() returns interval
language sql immutable parallel safe as $$
  select interval '29 days'  -- WorkOS documents 30 to 90 days; a day is left for the pull itself
$$;
comment on function rolecall.events_kept_v1() is 'How old an event may be and still be surely had from WorkOS.';

create or replace function rolecall.note_gap_v1(reason text) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  update rolecall.event_stream e
     set gap_since = coalesce(e.pulled_at, e.started_from, clock_timestamp()), gap_reason = note_gap_v1.reason
   where e.gap_since is null;
  update rolecall.schedules s
     set leased_by = null, lease_expires_at = null, last_run_at = clock_timestamp(), last_result = 'gap: ' || note_gap_v1.reason
   where s.name = 'pull_events';
  perform rolecall.audit(null, null, null, 'event_gap', null, jsonb_build_object('reason', note_gap_v1.reason));
  perform rolecall.reads_go_on_v1();
end $$;
comment on function rolecall.note_gap_v1(text) is
  'Stops the pull: events may be lost. Reads decide again, as without the stream, until start_events is called.';

create or replace function rolecall.reads_go_on_v1() returns void
language sql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  update rolecall.observed o set reduce_due_at = clock_timestamp()
   where o.subject in (select x.subject from rolecall.observed x
                        where x.pending_read is not null order by x.subject for update)
$$;
comment on function rolecall.reads_go_on_v1() is
  'What waits for the stream goes on without it: there is a gap, or nobody reads it any more. Reads tell what is there.';
