-- lease_due_v1: leases up to lim due lanes for lease_ms, records their sends, and tells the
-- provider's mode.
-- Called by:  PgStore::lease_due, whenever there is room.
-- Relies on:  lease_lanes_v1, record_sends_v1; provider_state: one row, claimed by a probe.
-- Holds:      I2, I3, I6: a retired worker gets nothing; a provider that is down gets one probe at
--             a time. No session state: the caller hands walked_to back as walk_from, a place per
--             priority; one that is lost costs the walk its way.
create or replace function rolecall.lease_due_v1(
  worker bigint, lim int, lease_ms int, kinds text[], walk_from text[] default '{}') returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp set jit = off as $$
declare
  gate record;
  room int := lim;
  mode text;
  leased text[] := '{}';
  batch record;
  walked_to text[] := array['', '', ''];
begin
  select g.* into gate from rolecall.provider_gate_v1() g;
  mode := gate.mode;
  if not rolecall.session_lives_v1(worker) or mode = 'paused' then
    room := 0;
  elsif mode in ('open', 'unauthorised') then
    room := case when gate.next_probe_ms = 0 and rolecall.claim_probe_v1() then least(lim, 1) else 0 end;
  end if;
  for urgency in 0..2 loop
    walked_to[urgency + 1] := coalesce(walk_from[urgency + 1], '');
    continue when room <= 0;
    select b.* into batch
      from rolecall.lease_lanes_v1(worker, urgency::smallint, room, lease_ms, kinds, walked_to[urgency + 1]) b;
    leased := leased || batch.leased;
    room := room - cardinality(batch.leased);
    walked_to[urgency + 1] := batch.walked_to;
  end loop;
  if mode in ('open', 'unauthorised') and cardinality(leased) > 0 then
    perform rolecall.note_probe_v1();
    mode := 'probing';
  end if;
  return jsonb_build_object('provider', mode, 'next_probe_ms', gate.next_probe_ms,
                            'leases', rolecall.record_sends_v1(leased), 'walked_to', walked_to);
end $$;
comment on function rolecall.lease_due_v1(bigint, int, int, text[], text[]) is
  'Leases up to lim due lanes of the given kinds, revocations first, then each organization in turn, and records'
  ' what may now be sent; answers also where its walks over organizations ended.';
