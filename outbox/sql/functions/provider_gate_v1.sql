-- provider_gate_v1, claim_probe_v1, note_probe_v1: whether anything may be sent, and who sends the
-- probe.
-- Called by:  lease_due_v1, take_verifications_v1, take_pull_v1, take_reconcile_v1, next_due_v1, report_provider_v1.
-- Relies on:  provider_control (read only), provider_state (one row each).
-- Holds:      I7: a provider that is down is asked by one probe at a time; I9: nobody waits for
--             these rows.
create or replace function rolecall.provider_gate_v1() returns table (mode text, next_probe_ms bigint)
language sql volatile security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select case when c.paused_at is not null then 'paused' else s.state end,
         case when c.paused_at is not null or s.probe_at is null then 0 else
           greatest(0, ceil(1000 * extract(epoch from s.probe_at - clock_timestamp()))::bigint) end
    from rolecall.provider_control c, rolecall.provider_state s
$$;
comment on function rolecall.provider_gate_v1() is
  'The provider''s mode (up, open, unauthorised, paused) and the milliseconds until a probe '
  'may leave.';

create or replace function rolecall.probe_pause_v1(state text, probes int) returns interval
language sql immutable parallel safe as $$
  select case state when 'unauthorised' then least(60, 15 * 2.0 ^ least(probes, 10))
                    else least(5, 2.0 ^ least(probes, 10)) end * interval '1 s'
$$;
comment on function rolecall.probe_pause_v1(text, int) is
  'The pause before the next probe: 1 s doubling to 5 s; 15 s doubling to 60 s where the '
  'key is refused.';

create or replace function rolecall.claim_probe_v1() returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  perform from rolecall.provider_state s
    where s.state <> 'up' and s.probe_at <= clock_timestamp() for update skip locked;
  return found;
end $$;
comment on function rolecall.claim_probe_v1() is
  'Claims the probe that is due; false: it is not due, or somebody else sends it.';

create or replace function rolecall.note_probe_v1() returns void
language sql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  update rolecall.provider_state s
     set probes = s.probes + 1, probe_at = clock_timestamp() + rolecall.probe_pause_v1(s.state, s.probes + 1)
   where s.state <> 'up'
$$;
comment on function rolecall.note_probe_v1() is
  'Notes that the claimed probe leaves now, and when the next one may.';
