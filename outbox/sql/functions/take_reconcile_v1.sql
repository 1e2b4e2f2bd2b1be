-- take_reconcile_v1, end_reconcile_turn_v1: whose turn it is to be reconciled, for one worker of all.
-- Called by:  PgReconcileStore::take, release, when the schedule is due.
-- Relies on:  schedules_pkey, organizations_compared (it counts them), reconciliations_open, reconciliations_pkey;
--             observed_verify, sends_by_age.
-- Holds:      one worker at a time, for as long as it lives; each organization has its turn within schedules.every_ms,
--             evenly spread. One whose passes fail, and one that goes before the others, takes nobody's turn from them.
create or replace function rolecall.take_reconcile_v1(worker bigint) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  moment timestamptz := clock_timestamp();
  plan rolecall.schedules;
  gate record;
  every interval;
  slot interval;
  chosen text;
  others int;
begin
  select * into plan from rolecall.schedules s where s.name = 'reconcile' for update skip locked;
  if not found then
    return '{"granted": false, "again_in_ms": 200}';
  elsif not plan.enabled or not rolecall.session_lives_v1(worker) then
    return '{"granted": false}';
  elsif plan.leased_by <> worker and exists (  -- a pass may take hours
      select from rolecall.worker_sessions w where w.id = plan.leased_by and w.retired_at is null) then
    return '{"granted": false, "again_in_ms": 1000}';
  elsif plan.due_at > moment then
    return jsonb_build_object('granted', false, 'again_in_ms', ceil(1000 * extract(epoch from plan.due_at - moment))::bigint);
  end if;
  select g.* into gate from rolecall.provider_gate_v1() g;
  if gate.mode = 'paused' or gate.mode <> 'up' and (gate.next_probe_ms > 0 or not rolecall.claim_probe_v1()) then
    return '{"granted": false, "again_in_ms": 1000}';
  end if;
  every := plan.every_ms * interval '1 ms';
  others := (select count(*) from rolecall.organizations g where g.workos_organization_id is not null and g.disabled_at is null);
  slot := every / greatest(others, 1);
  -- those that cannot wait go between the others; but not when the next has waited for a turn's time already
  if moment < plan.due_at + slot then
    chosen := coalesce(rolecall.unconfirmed_organization_v1(moment),
                       rolecall.interrupted_organization_v1(moment - greatest(every / 2, interval '10 min')));
  end if;
  if chosen is null then
    chosen := coalesce(
      -- whoever had this turn died before its pass began
      (select g.id from rolecall.organizations g
        where g.id = plan.reached and g.workos_organization_id is not null and g.disabled_at is null
          and plan.leased_by <> worker
          and not exists (select from rolecall.reconciliations r where r.organization_id = g.id
                             and r.begun_at >= plan.lease_expires_at - interval '10 min')),
      (select g.id from rolecall.organizations g
        where g.workos_organization_id is not null and g.disabled_at is null and g.id > plan.reached order by g.id limit 1),
      (select g.id from rolecall.organizations g
        where g.workos_organization_id is not null and g.disabled_at is null order by g.id limit 1));
    plan.reached := coalesce(chosen, plan.reached);
    plan.due_at := greatest(plan.due_at, moment - slot) + slot;
  end if;
  update rolecall.schedules s
     set leased_by = case when chosen is not null then worker end,
         lease_expires_at = case when chosen is not null then moment + interval '10 min' end,
         due_at = plan.due_at, reached = plan.reached
   where s.name = plan.name;
  if chosen is null then
    return jsonb_build_object('granted', false, 'again_in_ms', plan.every_ms);
  end if;
  if gate.mode <> 'up' then
    perform rolecall.note_probe_v1();
  end if;
  return jsonb_build_object('granted', true, 'organization', chosen, 'repairs', (
    select coalesce(jsonb_agg(p.class), '[]') from rolecall.reconcile_policies p where p.repair));
end $$;
comment on function rolecall.take_reconcile_v1(bigint) is
  'Grants one worker the reconciliation of the organization whose turn it is, or says when to ask again (no time: when '
  'the schedule is switched on). repairs: classes that are repaired, not only reported.';

create or replace function rolecall.unconfirmed_organization_v1(moment timestamptz) returns text
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off set enable_sort = off
set jit = off as $$
declare
  past timestamptz := moment - (select c.unconfirmed_bound_ms * interval '1 ms' from rolecall.provider_control c);
begin
  return (
    select x.organization_id
      from (
        -- answered, and its echo did not come; or to be read for proof, and was not
        (select s.organization_id, d.leased_at as since
           from (select y.subject, y.leased_at from rolecall.sends y
                  where y.state = 'answered' and y.leased_at < past order by y.leased_at limit 100) d
           join rolecall.subjects s on s.subject = d.subject)
        union all
        (select o.organization_id, o.verify_at from rolecall.observed o
          where o.verify_at < past order by o.verify_at limit 100)) x
     where not exists (select from rolecall.reconciliations r
                        where r.organization_id = x.organization_id and r.begun_at > past offset 0)
       and exists (select from rolecall.organizations g
                    where g.id = x.organization_id and g.workos_organization_id is not null and g.disabled_at is null offset 0)
     order by x.since limit 1);
end $$;
comment on function rolecall.unconfirmed_organization_v1(timestamptz) is
  'Part of take_reconcile_v1: an organization with something delivered and not confirmed for longer than the bound, '
  'and not reconciled since.';

create or replace function rolecall.interrupted_organization_v1(before timestamptz) returns text
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  return (
    select r.organization_id from rolecall.reconciliations r
     where r.ended_at is null and r.begun_at < before
       and exists (select from rolecall.organizations g
                    where g.id = r.organization_id and g.workos_organization_id is not null and g.disabled_at is null offset 0)
     order by r.begun_at limit 1);
end $$;
comment on function rolecall.interrupted_organization_v1(timestamptz) is
  'Part of take_reconcile_v1: an organization whose last pass began before then and never ended.';

create or replace function rolecall.end_reconcile_turn_v1(worker bigint, result text) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
begin
  update rolecall.schedules s
     set leased_by = null, lease_expires_at = null, last_run_at = clock_timestamp(),
         last_result = left(end_reconcile_turn_v1.result, 500)
   where s.name = 'reconcile' and s.leased_by = end_reconcile_turn_v1.worker;
  return found;
end $$;
comment on function rolecall.end_reconcile_turn_v1(bigint, text) is
  'Gives the turn back, and tells what came of it. False: it had passed to another worker.';
