-- first_unmet_v1: the first of the given waits that is not over; null: none.
-- Called by:  intake_v1, wake_v2, settle_lanes_v1, requeue.
-- Relies on:  lanes_pkey, observed_pkey; for barriers lanes_owing_members and outbox_members (partial).
-- Holds:      I13; a dead or cancelled blocker does not block (lanes.reached_version says so), nor does
--             what came from WorkOS: it may have no lane.
create or replace function rolecall.subject_reached_v1(subject text) returns bigint
language sql volatile security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select greatest((select l.reached_version from rolecall.lanes l where l.subject = $1),
                  (select o.confirmed_version from rolecall.observed o where o.subject = $1), 0)
$$;
comment on function rolecall.subject_reached_v1(text) is
  'The version of a subject that waiting lanes compare with: what its lane reached, or a newer one'
  ' that was seen at WorkOS; 0 if neither.';

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
      reached := rolecall.subject_reached_v1(w.subject);
    end if;
    if reached < w.version then
      return w;
    end if;
  end loop;
  return null;
end $$;
comment on function rolecall.first_unmet_v1(rolecall.wait[], text) is
  'The first wait whose version has not been reached; null if all have.';
