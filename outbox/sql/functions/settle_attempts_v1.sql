-- settle_attempts_v1: keeps what each attempt came to, for explain and outbox_all.
-- Called by:  settle_v1, before the lanes change.
-- Relies on:  lanes_pkey; today's partition of outbox_attempts.
-- Holds:      I5: it stays known of every version whether it was delivered.
create or replace function rolecall.settle_attempts_v1(worker bigint, settlements jsonb, mine bigint[])
returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  insert into rolecall.outbox_attempts (subject, version, lease_token, worker, outcome, failure_class,
                                        failure_code, failure_detail, http_status, request_id)
  select r.subject, l.leased_version, r.token, settle_attempts_v1.worker, r.outcome,
         coalesce(r.failure ->> 'class', 'none'), nullif(r.failure ->> 'code', ''),
         left(nullif(r.failure ->> 'detail', ''), 2000), nullif((r.failure ->> 'status')::int, 0),
         coalesce(nullif(r.failure ->> 'request_id', ''), r.request_id)
    from rolecall.settlement_rows_v1(settlements) r
    join rolecall.lanes l on l.subject = r.subject
   where r.n = any (mine) and (r.failure is not null or r.outcome = 'delivered')
   order by r.n;
end $$;
comment on function rolecall.settle_attempts_v1(bigint, jsonb, bigint[]) is
  'Part of settle_v1: writes outbox_attempts.';
