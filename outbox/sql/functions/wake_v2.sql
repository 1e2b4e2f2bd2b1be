-- wake_v2: lanes whose wait is over go on to their next wait, or are due; so are those that waited
-- too long. Walks 1,000 blockers after walk_from; the next call goes on at walked_to.
-- Called by:  PgStore::wake, after settles and each second; PgStore::idle_look.
-- Relies on:  subject_reached_v1; lanes_waiting (walked by distinct blockers), lanes_waiting_until.
-- Holds:      I13; I12: every wait ends. It derives from tables, so no wake-up is ever lost.
create or replace function rolecall.wake_v2(
  lim int, walk_from text, out woken int, out walked_to text)
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  with recursive blocker as (  -- at most 1,000 in one call; the next call goes on where this one ended
    (select l.waits_on, 1 as n from rolecall.lanes l
      where l.waits_on > wake_v2.walk_from order by l.waits_on limit 1)
    union all
    select (select l.waits_on from rolecall.lanes l
             where l.waits_on > b.waits_on order by l.waits_on limit 1), b.n + 1
      from blocker b where b.waits_on is not null and b.n < 1000),
  reached as materialized (
    select b.waits_on, case
             when b.waits_on like 'member:%:*' then rolecall.barrier_reached_v1(
               (select l.organization_id from rolecall.lanes l where l.waits_on = b.waits_on limit 1))
             else rolecall.subject_reached_v1(b.waits_on) end as version
      from blocker b where b.waits_on is not null),
  free as materialized (
    select w.subject, w.waits_for, w.organization_id from reached r cross join lateral (
      select l.subject, l.waits_for, l.organization_id from rolecall.lanes l
       where l.waits_on = r.waits_on and l.waits_version <= r.version
       limit lim for update skip locked) w limit lim),
  late as materialized (
    select l.subject from rolecall.lanes l
     where l.waits_on is not null and l.wait_until < (select clock_timestamp())
     limit lim for update skip locked),
  next as materialized (
    select e.subject, null::rolecall.wait as unmet from late e
    union all
    select f.subject, rolecall.first_unmet_v1(f.waits_for, f.organization_id)
      from free f where f.subject not in (select e.subject from late e)),
  u as (
    update rolecall.lanes l set waits_on = (x.unmet).subject, waits_version = (x.unmet).version
      from next x where l.subject = x.subject returning l.waits_on)
  select count(*) filter (where u.waits_on is null),
         (select case when max(b.n) >= 1000 then max(b.waits_on) else '' end from blocker b)
    into woken, walked_to from u;
end $$;
comment on function rolecall.wake_v2(int, text) is
  'Ends waits that are over or lasted too long; answers how many lanes wait no more, and where'
  ' the next call goes on.';
