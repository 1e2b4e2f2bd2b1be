-- pick_rows_v1: locks up to lim outbox rows of one priority, fair across organizations, and their lanes.
-- Called by:  take_in_v1, once per priority while there is room.
-- Relies on:  outbox_order; outbox_by_organization when there are more rows than lim; lanes_pkey.
-- Holds:      I9: what somebody has locked is passed by, under each limit, so that it starves nobody. Of D
--             organizations with rows of this priority each is served within ceil(D / lim) calls, if each
--             call is told where the last one ended.
create or replace function rolecall.pick_rows_v1(
  urgency smallint, lim int, walk_from text, out ids bigint[], out walked_to text)
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  with recursive crowded as materialized (
    select count(*) > lim as yes from (
      select from rolecall.outbox o where o.priority = urgency limit lim + 1) x),
  walk as (  -- one probe for each organization: from where the last walk ended, over the end, back to there
    select walk_from collate "C" as organization_id, false as wrapped, 0 as n where (select yes from crowded)
    union all
    select x.organization_id, x.wrapped, w.n + 1
      from walk w cross join lateral (
        (select o.organization_id, w.wrapped from rolecall.outbox o
          where o.priority = urgency and o.organization_id > w.organization_id
          order by o.organization_id limit 1)
        union all
        (select o.organization_id, true from rolecall.outbox o
          where not w.wrapped and o.priority = urgency
          order by o.organization_id limit 1)
        limit 1) x
     where w.n < lim and not (x.wrapped and x.organization_id > walk_from)),
  share as materialized (select lim / greatest(max(w.n), 1) as rows from walk w),
  walked as materialized (  -- each organization's share, together no more than lim; ranges, as for one value
                            -- of a column another index gives the order too, and reads all the others' rows
    select x.id
      from walk w cross join lateral (
        select o.id
          from rolecall.outbox o
         where o.priority = urgency and o.organization_id between w.organization_id and w.organization_id
           and (exists (select from rolecall.lanes l where l.subject = o.subject for update skip locked)
                or not exists (select from rolecall.lanes l where l.subject = o.subject offset 0))
         order by o.organization_id, o.id limit (select rows from share) for update of o skip locked) x
     where w.n > 0),
  oldest as materialized (  -- what the shares leave; all, when nothing is crowded
    select o.id
      from rolecall.outbox o
     where o.priority between urgency and urgency and o.id <> all (array(select id from walked))
       and (exists (select from rolecall.lanes l where l.subject = o.subject for update skip locked)
            or not exists (select from rolecall.lanes l where l.subject = o.subject offset 0))
     order by o.priority, o.id limit lim - (select count(*) from walked) for update of o skip locked)
  select coalesce(array_agg(p.id), '{}'),
         coalesce((select w.organization_id from walk w order by w.n desc limit 1), walk_from)
    into ids, walked_to
    from (select id from walked union all select id from oldest) p;
end $$;
comment on function rolecall.pick_rows_v1(smallint, int, text) is
  'Locks outbox rows of one priority, each organization in turn; answers their ids, and where the walk ended.';
