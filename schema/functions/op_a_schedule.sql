-- switch_schedule: recurring work on or off.
-- Called by:  enable_schedule, disable_schedule.
-- Relies on:  schedules_pkey.
-- Holds:      idempotent, audited.
create or replace function rolecall.switch_schedule(name text, enabled boolean) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  word text := case when switch_schedule.enabled then 'enabled' else 'disabled' end;
begin
  if not exists (select from rolecall.schedules s where s.name = switch_schedule.name) then
    raise exception 'there is no schedule %', switch_schedule.name using errcode = 'P0002',
      hint = 'select name from rolecall.schedules_status shows them.';
  end if;
  update rolecall.schedules s set enabled = switch_schedule.enabled, due_at = clock_timestamp()
   where s.name = switch_schedule.name and s.enabled <> switch_schedule.enabled;
  if not found then
    return 'already ' || word;
  end if;
  if switch_schedule.name = 'pull_events' and switch_schedule.enabled then
    update rolecall.event_stream e set started_from = clock_timestamp() where e.started_from is null;
    if found then
      raise notice 'events are read from now on'
        using hint = 'To begin earlier, at most 29 days: select rolecall.start_events(now() - interval ''7 days'');';
    end if;
  end if;
  if switch_schedule.name = 'pull_events' and not switch_schedule.enabled then
    perform rolecall.reads_go_on_v1();
  end if;
  perform rolecall.audit(null, null, null, word || '_schedule', rolecall.request_reason(),
                         jsonb_build_object('name', switch_schedule.name));
  perform rolecall.wake_workers();
  return word;
end $$;
comment on function rolecall.switch_schedule(text, boolean) is
  'Switches recurring work; answers what became of it.';
