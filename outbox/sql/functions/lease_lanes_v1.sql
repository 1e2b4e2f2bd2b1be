-- lease_lanes_v1: leases up to lim due lanes of one priority, fair across organizations. Answers
-- their subjects.
-- Called by:  lease_due_v1, once per priority while there is room.
-- Relies on:  lanes_due; lanes_due_by_organization when more is due than twice what may be leased.
-- Holds:      I2; I3; I13: waiting lanes are in neither index. Decides by columns of the locked
--             lane only.
create or replace function rolecall.lease_lanes_v1(
  worker bigint, urgency smallint, lim int, lease_ms int, kinds text[]) returns text[]
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  leased text[];
  walked_to text;
  walk_from text := coalesce(current_setting('rolecall.walked_to', true), '');
begin
  with recursive t as materialized (select clock_timestamp() as now),
  oldest as materialized (
    select l.subject, l.organization_id, l.next_attempt_at
      from rolecall.lanes l
     where l.state = 'due' and l.waits_on is null and l.look_after is null
       and l.priority = urgency and l.next_attempt_at <= (select now from t) and l.kind = any (kinds)
     order by l.next_attempt_at limit lim * 2 for update skip locked),
  crowded as materialized (select count(*) >= lim * 2 as yes from oldest),
  organization as (  -- one organization's backlog must not hide the others: walk them, a batch at a time
    (select l.organization_id, 1 as n from rolecall.lanes l
      where (select yes from crowded) and l.state = 'due' and l.waits_on is null and l.look_after is null
        and l.priority = urgency and l.organization_id > walk_from
      order by l.organization_id limit 1)
    union all
    select (select l.organization_id from rolecall.lanes l
             where l.state = 'due' and l.waits_on is null and l.look_after is null
               and l.priority = urgency and l.organization_id > o.organization_id
             order by l.organization_id limit 1), o.n + 1
      from organization o where o.organization_id is not null and o.n < lim),
  nominee as (
    select subject, next_attempt_at,
           row_number() over (partition by organization_id order by next_attempt_at) as turn from oldest
    union all
    select x.subject, x.next_attempt_at, x.turn
      from organization o cross join lateral (
        select y.*, row_number() over (order by y.next_attempt_at) as turn from (
          select l.subject, l.next_attempt_at
            from rolecall.lanes l
           where l.state = 'due' and l.waits_on is null and l.look_after is null and l.priority = urgency
             and l.organization_id = o.organization_id
             and l.next_attempt_at <= (select now from t) and l.kind = any (kinds)
           order by l.next_attempt_at limit 4 for update skip locked) y) x
     where o.organization_id is not null),
  picked as materialized (
    select n.subject from nominee n group by n.subject
     order by min(n.turn), min(n.next_attempt_at) limit lim),
  u as (  -- the content is the lane's own: read from anywhere else, it could be older than the lock
    update rolecall.lanes l
       set state = 'leased', state_since = clock_timestamp(), leased_version = l.wanted_version,
           lease_token = nextval('rolecall.lease_token_seq'), leased_by = worker,
           leased_at = clock_timestamp(), leases = l.leases + 1,
           lease_expires_at = clock_timestamp() + lease_ms * interval '1 ms'
      from picked p where l.subject = p.subject
    returning l.subject)
  select coalesce(array_agg(u.subject), '{}'),
         case when (select yes from crowded) then
           (select coalesce(max(o.organization_id), '') from organization o where (select count(*) from organization) >= lim) end
    into leased, walked_to from u;
  if walked_to is not null then
    perform set_config('rolecall.walked_to', walked_to, false);  -- where the next walk begins; a lost one costs nothing
  end if;
  return leased;
end $$;
comment on function rolecall.lease_lanes_v1(bigint, smallint, int, int, text[]) is
  'Leases due lanes of one priority, each organization in turn; answers their subjects.';
