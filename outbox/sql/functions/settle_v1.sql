-- settle_v1: records the results of deliveries, each under its own lease token. Answers in input
-- order.
-- Called by:  PgStore::settle, in batches; a batch may be repeated, the token fences it.
-- Relies on:  lanes_pkey, observed_pkey, sends_pkey.
-- Holds:      I4: without its token a result changes no lane; I9: a locked lane answers busy, and
--             nothing of it is written.
create or replace function rolecall.settle_v1(worker bigint, settlements jsonb)
returns table (subject text, token bigint, result text)
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  mine bigint[];  -- places of results whose lane is locked here, still under their token
  late bigint[];  -- places of results whose lease is gone
begin
  select coalesce(array_agg(r.n), '{}') into mine
    from rolecall.settlement_rows_v1(settlements) r
   -- by key, and only a leased lane has a token: with the state as a condition it would read all
   -- that is leased, for each row
   cross join lateral (select from rolecall.lanes l
                        where l.subject = r.subject and l.lease_token = r.token
                          for update skip locked) l;
  -- What is not ours and still carries the token is locked by somebody else.
  select coalesce(array_agg(r.n), '{}') into late
    from rolecall.settlement_rows_v1(settlements) r
   where r.n <> all (mine)
     and not exists (select from rolecall.lanes l where l.subject = r.subject and l.lease_token = r.token);

  -- Observed before sends: the reducer locks in the same order.
  perform rolecall.settle_observed_v1(settlements, mine, late);
  perform rolecall.settle_sends_v1(settlements, mine || late);
  perform rolecall.settle_attempts_v1(worker, settlements, mine);
  perform rolecall.settle_lanes_v1(settlements, mine);
  -- A probe that was not used, because its lane had nothing to say yet, is there for somebody else.
  update rolecall.provider_state p set probe_at = least(p.probe_at, clock_timestamp())
   where p.id in (select x.id from rolecall.provider_state x where x.state <> 'up' for update skip locked)
     and not exists (select from rolecall.settlement_rows_v1(settlements) r
                      where r.fate <> 'unsent' or (r.failure ->> 'status')::int <> 0 or r.failure ->> 'class' = 'transient');
  return query
    select r.subject, r.token,
           case when r.n = any (mine) then 'ok' when r.n = any (late) then 'stale' else 'busy' end
      from rolecall.settlement_rows_v1(settlements) r order by r.n;
end $$;
comment on function rolecall.settle_v1(bigint, jsonb) is
  'Records results under their lease tokens; answers ok, busy (settle again) or stale for each.';
