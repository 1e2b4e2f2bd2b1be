-- lease_lanes_v1: leases up to lim due lanes of one priority, fair across organizations. Answers
-- their subjects, and where its walk over organizations ended.
-- Called by:  lease_due_v1, once per priority while there is room.
-- Relies on:  lanes_due; lanes_due_by_organization when more is due than lim.
-- Holds:      I2; I3; I13: waiting lanes are in neither index. Decides by columns of the locked
--             lane only. Of D organizations with something due at this priority, and R whose lanes are
--             all due later, each of the D is served within ceil(D / lim) + floor(R / 1000) calls, if
--             each call is told where the last one ended: every lane that is locked here is leased.
create or replace function rolecall.lease_lanes_v1(
  worker bigint, urgency smallint, lim int, lease_ms int, kinds text[], walk_from text,
  out leased text[], out walked_to text)
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  with recursive t as materialized (select clock_timestamp() as now),
  crowded as materialized (
    select count(*) > lim as yes from (
      select from rolecall.lanes l
       where l.state = 'due' and l.waits_on is null and l.look_after is null
         and l.priority = urgency and l.next_attempt_at <= (select now from t) and l.kind = any (kinds)
       order by l.next_attempt_at limit lim + 1) x),
  walk as (  -- one probe for each organization: from where the last walk ended, over the end, back to there
    select walk_from collate "C" as organization_id, false as due, false as wrapped, 0 as n, 0 as found
     where (select yes from crowded)
    union all
    select x.organization_id, x.due, x.wrapped, w.n + 1, w.found + x.due::int
      from walk w cross join lateral (
        (select l.organization_id, l.next_attempt_at <= (select now from t) as due, w.wrapped
           from rolecall.lanes l
          where l.state = 'due' and l.waits_on is null and l.look_after is null
            and l.priority = urgency and l.organization_id > w.organization_id
          order by l.organization_id, l.next_attempt_at limit 1)
        union all
        (select l.organization_id, l.next_attempt_at <= (select now from t), true
           from rolecall.lanes l
          where not w.wrapped and l.state = 'due' and l.waits_on is null and l.look_after is null
            and l.priority = urgency
          order by l.organization_id, l.next_attempt_at limit 1)
        limit 1) x
     where w.found < lim and w.n < lim + 1000 and not (x.wrapped and x.organization_id > walk_from)),
  share as materialized (select lim / greatest(max(w.found), 1) as lanes from walk w),
  walked as materialized (  -- each organization's share, together no more than lim; a range of the index's
                            -- order, as lanes_due would give the same and read all the others' lanes
    select x.subject
      from walk w cross join lateral (
        select l.subject
          from rolecall.lanes l
         where l.state = 'due' and l.waits_on is null and l.look_after is null and l.priority = urgency
           and (l.organization_id, l.next_attempt_at) >= (w.organization_id, '-infinity')
           and (l.organization_id, l.next_attempt_at) <= (w.organization_id, (select now from t))
           and l.kind = any (kinds)
         order by l.organization_id, l.next_attempt_at limit (select lanes from share) for update skip locked) x
     where w.due),
  oldest as materialized (  -- what the shares leave; all, when nothing is crowded
    select l.subject
      from rolecall.lanes l
     where l.state = 'due' and l.waits_on is null and l.look_after is null and l.priority = urgency
       and l.subject <> all (array(select subject from walked))
       and l.next_attempt_at <= (select now from t) and l.kind = any (kinds)
     order by l.next_attempt_at limit lim - (select count(*) from walked) for update skip locked),
  picked as materialized (select subject from walked union all select subject from oldest),
  u as (  -- the content is the lane's own: read from anywhere else, it could be older than the lock
    update rolecall.lanes l
       set state = 'leased', state_since = clock_timestamp(), leased_version = l.wanted_version,
           lease_token = nextval('rolecall.lease_token_seq'), leased_by = worker,
           leased_at = clock_timestamp(), leases = l.leases + 1,
           lease_expires_at = clock_timestamp() + lease_ms * interval '1 ms'
      from picked p where l.subject = p.subject
    returning l.subject)
  select coalesce(array_agg(u.subject), '{}'),
         coalesce((select w.organization_id from walk w order by w.n desc limit 1), walk_from)
    into leased, walked_to from u;
end $$;
comment on function rolecall.lease_lanes_v1(bigint, smallint, int, int, text[], text) is
  'Leases due lanes of one priority, each organization in turn; answers their subjects, and where the walk ended.';
