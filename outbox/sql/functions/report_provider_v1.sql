-- report_provider_v1: how calls went since the last report; moves the breaker that all workers
-- share.
-- Called by:  PgStore::report_provider, after failures and while the provider is not up.
-- Relies on:  provider_state: one row, taken with SKIP LOCKED; what is missed is reported again
--             soon.
-- Holds:      I7: up_seconds grows only while the provider is up.
create or replace function rolecall.report_provider_v1(
  worker bigint, answered int, failed int, unauthorised int, detail text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  s rolecall.provider_state;
  next_state text;
  moment timestamptz := clock_timestamp();
begin
  select p.* into s from rolecall.provider_state p for update skip locked;
  if found then
    next_state := case
      when report_provider_v1.unauthorised > 0 then 'unauthorised'
      when report_provider_v1.answered > 0 then 'up'
      when s.state = 'up' and s.failures + report_provider_v1.failed >= 5 then 'open'
      else s.state end;
    s.up_seconds := rolecall.up_seconds_v1();
    s.up_marked_at := moment;
    s.failures := case when next_state = 'up' and report_provider_v1.answered > 0 then 0
                       else s.failures + report_provider_v1.failed end;
    if next_state <> s.state then
      s.since := moment;
      s.probes := 0;
    end if;
    s.probe_at := case when next_state = 'up' then null
                       else greatest(case when next_state = s.state then s.probe_at end,
                                     moment + rolecall.probe_pause_v1(next_state, s.probes)) end;
    s.state := next_state;
    s.detail := case when next_state = 'up' and report_provider_v1.failed = 0 then null
                     else coalesce(left(nullif(report_provider_v1.detail, ''), 500), s.detail) end;
    update rolecall.provider_state p
       set state = s.state, since = s.since, failures = s.failures, probe_at = s.probe_at, probes = s.probes,
           detail = s.detail, up_seconds = s.up_seconds, up_marked_at = s.up_marked_at;
  end if;
  return (select g.mode from rolecall.provider_gate_v1() g);
end $$;
comment on function rolecall.report_provider_v1(bigint, int, int, int, text) is
  'Tells how calls went; answers the provider''s mode. Five failures in a row open the '
  'breaker, one answer closes it.';
