-- first_unmet_v1: the first of the given waits that is not over; null: none.
-- Called by:  intake_v1, wake_v2, settle_lanes_v1, requeue.
-- Relies on:  lanes_pkey; for barriers lanes_owing_members and outbox_members (partial).
-- Holds:      I13; a dead or cancelled blocker does not block (lanes.reached_version says so).
create or replace function rolecall.barrier_reached_v1(organization_id text) returns bigint
language sql volatile security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
  -- every member version with a lower outbox id has been delivered: taken in or not
  select coalesce(least(
    (select min(l.owed_since_id) from rolecall.lanes l
      where l.organization_id = $1 and l.state in ('due', 'leased', 'held') and l.kind like 'member.%'
        and l.wanted_version > l.delivered_version),  -- what the mass-revoke guard holds may owe nothing
    (select min(o.id) from rolecall.outbox o
      where o.organization_id = $1 and o.kind like 'member.%')), 9223372036854775807)
$$;
comment on function rolecall.barrier_reached_v1(text) is
  'Lowest outbox id among the member versions that an organization still owes; the highest '
  'number if it owes none.';

create or replace function rolecall.first_unmet_v1(waits rolecall.wait[], organization_id text)
returns rolecall.wait
language plpgsql volatile security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  w rolecall.wait;
  reached bigint;
begin
  foreach w in array waits loop
    if w.subject like 'member:%:*' then
      reached := rolecall.barrier_reached_v1(first_unmet_v1.organization_id);
    else
      reached := (select l.reached_version from rolecall.lanes l where l.subject = w.subject);
    end if;
    if coalesce(reached, 0) < w.version then
      return w;
    end if;
  end loop;
  return null;
end $$;
comment on function rolecall.first_unmet_v1(rolecall.wait[], text) is
  'The first wait whose version has not been reached; null if all have.';
