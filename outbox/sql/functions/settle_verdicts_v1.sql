-- settle_verdicts_v1: what each lane becomes, decided from its result, what is wanted now, and
-- requests.
-- Called by:  settle_lanes_v1.
-- Relies on:  lanes_pkey; the caller holds the lanes' locks, so what is read here stays true.
-- Holds:      I3: a newer version goes on at once; I7: expiry counts the provider's time up only.
create or replace function rolecall.settle_verdicts_v1(settlements jsonb, mine bigint[])
returns table (subject text, state text, ended text, newer boolean, said boolean, outcome text,
               delay interval, counts boolean, expired boolean, failure jsonb, up_left double precision)
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
begin
  return query
  with result as (
    select r.*, l.wanted_version > l.leased_version as newer, r.outcome = 'delivered' as said,
           -- a request speaks of one version; a newer one is not held or cancelled by it
           case when l.requested_version = l.wanted_version then l.requested end as requested,
           l.up_seconds_left - greatest(0, rolecall.up_seconds_v1() - l.up_seconds_mark) as up_left
      from rolecall.settlement_rows_v1(settlements) r
      join rolecall.lanes l on l.subject = r.subject
     where r.n = any (mine)),
  judged as (
    select x.*, not x.newer and x.outcome = 'retry' and x.up_left <= 0 and x.requested is null as expired
      from result x),
  verdict as (
    select j.*, case
             when j.said and not j.newer then 'idle'
             when j.requested = 'hold' then 'held'
             when j.requested = 'cancel' then 'idle'
             when j.newer or j.outcome in ('partial', 'look') then 'due'
             when j.expired then 'held'
             when j.outcome = 'retry' then 'due'
             else j.outcome end as state
      from judged j)
  select v.subject, v.state,
         case when v.state = 'idle' then case when v.said and not v.newer then 'delivered' else 'cancelled' end end,
         v.newer, v.said, v.outcome, v.delay, v.counts, v.expired, v.failure, v.up_left
    from verdict v;
end $$;
comment on function rolecall.settle_verdicts_v1(jsonb, bigint[]) is
  'Part of settle_v1: the state that each settled lane goes to, and why.';
