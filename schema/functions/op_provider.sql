-- pause_provider, resume_provider: stop and start all sending, on all workers.
-- Called by:  operators.
-- Relies on:  provider_control, which workers only read; provider_state, which they take with SKIP
--             LOCKED.
-- Holds:      a transaction that pauses and stays open stops nobody before it commits; paused time
--             expires nothing.
create or replace function rolecall.pause_provider(reason text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp set lock_timeout = '2s' as $$
begin
  perform rolecall.require_reason(reason);
  update rolecall.provider_control c
     set paused_at = clock_timestamp(), paused_by = rolecall.actor(), pause_reason = pause_provider.reason
   where c.paused_at is null;
  if not found then
    return 'already paused';
  end if;
  perform rolecall.audit(null, null, null, 'pause_provider', pause_provider.reason, '{}');
  return 'paused';
end $$;
comment on function rolecall.pause_provider(text) is
  'Nothing is sent to WorkOS from now on; what is in flight ends. Answers paused or already '
  'paused.';

create or replace function rolecall.resume_provider() returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp set lock_timeout = '2s' as $$
declare
  up double precision := rolecall.up_seconds_v1();
  was_paused boolean;
begin
  update rolecall.provider_control c set paused_at = null, paused_by = null, pause_reason = null
   where c.paused_at is not null;
  was_paused := found;
  if was_paused then
    update rolecall.provider_state s set up_seconds = up, up_marked_at = clock_timestamp();
    perform rolecall.audit(null, null, null, 'resume_provider', rolecall.request_reason(), '{}');
  end if;
  -- also after a key was repaired: the next probe leaves at once
  update rolecall.provider_state s set probe_at = clock_timestamp(), probes = 0 where s.state <> 'up';
  perform rolecall.wake_workers();
  return case when was_paused then 'resumed' else 'not paused' end;
end $$;
comment on function rolecall.resume_provider() is
  'Sending goes on, and a provider that is down is probed at once. Answers resumed or not paused.';

create or replace function rolecall.enable_schedule(name text) returns text
language sql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select rolecall.switch_schedule($1, true)
$$;
comment on function rolecall.enable_schedule(text) is
  'Switches recurring work on, due now. Answers enabled or already enabled.';
create or replace function rolecall.disable_schedule(name text) returns text
language sql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select rolecall.switch_schedule($1, false)
$$;
comment on function rolecall.disable_schedule(text) is
  'Switches recurring work off. Answers disabled or already disabled.';
