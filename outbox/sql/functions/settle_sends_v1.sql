-- settle_sends_v1: what became of each send: answered, never to be applied (deleted), or still
-- open.
-- Called by:  settle_v1, for results that are ours and for stale ones.
-- Relies on:  sends_pkey.
-- Holds:      I4: a stale success is still evidence; a send that may have been applied stays open.
create or replace function rolecall.settle_sends_v1(settlements jsonb, known bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  update rolecall.sends s
     set state = 'answered', answer = coalesce(r.answer, '{}'), answered_at = clock_timestamp(),
         workos_updated_at = r.answer ->> 'updated_at', request_id = r.request_id
    from rolecall.settlement_rows_v1(settlements) r
   where r.n = any (known) and r.fate = 'answered'
     and s.id = r.send and s.lease_token = r.token and s.subject = r.subject and s.state = 'open';
  delete from rolecall.sends s
   using rolecall.settlement_rows_v1(settlements) r
   where r.n = any (known) and r.fate = 'unsent'
     and s.id = r.send and s.lease_token = r.token and s.subject = r.subject and s.state = 'open';
end $$;
comment on function rolecall.settle_sends_v1(jsonb, bigint[]) is
  'Part of settle_v1: answers and removes sends.';
