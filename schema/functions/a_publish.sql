-- wake_workers, publish_many, publish: write what should be, and the outbox rows that say it.
-- Called by:  every mutation, enqueue, the reducer; after bump, in the same transaction.
-- Relies on:  subjects' primary key; one outbox row per subject and version (unique).
-- Holds:      I1 the rows commit with the change or not at all; no wake-up is lost; the mass-revoke
--             guard, where the transaction asked for it.
create or replace function rolecall.wake_workers() returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  -- A worker about to sleep holds 7072 alone. Refused: it sleeps, so tell it. Granted: our share keeps workers
  -- from going to sleep before this transaction ends. PREPARE TRANSACTION refuses a transaction that notified,
  -- so applications that use it set rolecall.notify to off and are found by the poll.
  if coalesce(current_setting('rolecall.notify', true), '') <> 'off'
      and not pg_try_advisory_xact_lock_shared(7072, 0) then
    perform pg_notify('rolecall_wake', '');
  end if;
end $$;
comment on function rolecall.wake_workers() is
  'Wakes sleeping workers when this transaction commits; costs nothing while one is awake. '
  'rolecall.notify = off leaves it to the poll (needed with PREPARE TRANSACTION).';

create or replace function rolecall.publish_many(rows rolecall.outbox[], touch boolean)
returns bigint
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  newest bigint;
  written bigint;
begin
  perform rolecall.wake_workers();
  if touch and rolecall.guard_asked() then  -- before the desired states change
    perform rolecall.guard_rows(publish_many.rows);
  end if;
  with r as materialized (select * from unnest(publish_many.rows)),
  s as (
    update rolecall.subjects s
       set kind = r.kind, desired = r.desired, updated_at = clock_timestamp(),
           object_key = rolecall.object_key(r.subject, r.kind, r.desired),
           touched = case when not touch then s.touched else rolecall.touched_after(s.touched,
             coalesce((select o.echoed_version from rolecall.observed o where o.subject = r.subject), 0),
             s.version, s.kind, s.desired, r.kind, r.desired) end
      from r where s.subject = r.subject
    returning s.subject, s.organization_id, s.version, r.id, r.kind, r.desired, r.waits_for, r.priority,
      r.enqueued_by, r.reason),
  o as (
    insert into rolecall.outbox (id, organization_id, subject, version, kind, desired, waits_for, priority,
      enqueued_by, reason)
    overriding system value
    select coalesce(s.id, nextval('rolecall.outbox_id_seq')), s.organization_id, s.subject, s.version,
           s.kind, s.desired, coalesce(s.waits_for, '{}'), s.priority, s.enqueued_by, s.reason
      from s
    returning id)
  select max(id), count(*) into newest, written from o;
  if written <> cardinality(publish_many.rows) then
    raise exception '% of % subjects were never bumped',
      cardinality(publish_many.rows) - written, cardinality(publish_many.rows)
      using errcode = 'XX000', hint = 'rolecall.bump comes first, in the same transaction.';
  end if;
  return newest;
end $$;
comment on function rolecall.publish_many(rolecall.outbox[], boolean) is
  'Writes the desired states and their outbox rows for subjects that were bumped; version and '
  'organization come from there, id too unless given. '
  'touch: these are local changes (touched moves). Returns the highest outbox id.';

create or replace function rolecall.publish(
  subject text, organization_id text, kind text, desired jsonb, waits rolecall.wait[], priority int,
  enqueued_by text, reason text, touch boolean, given_id bigint default null) returns bigint
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  return rolecall.publish_many(array[
    row (given_id, organization_id, subject, null, kind, desired, waits, priority, null, enqueued_by,
      reason)::rolecall.outbox], touch);
end $$;
comment on function rolecall.publish(text, text, text, jsonb, rolecall.wait[], int, text, text, boolean,
  bigint) is
  'Writes the desired state and the outbox row of a subject that was bumped in this transaction; '
  'returns the outbox id.';
