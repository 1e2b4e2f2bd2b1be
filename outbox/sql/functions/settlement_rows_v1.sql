-- settlement_rows_v1: a batch of settlements as rows, numbered in their order.
-- Called by:  settle_v1 and its parts.
-- Relies on:  nothing.
-- Holds:      one reading of the document for all parts of a settle.
create or replace function rolecall.settlement_rows_v1(settlements jsonb)
returns table (subject text, token bigint, send bigint, outcome text, fate text, delay interval,
               counts boolean, failure jsonb, answer jsonb, look_at jsonb, request_id text, n bigint)
language sql immutable as $$
  select r.subject, r.token, r.send, r.outcome, r.fate,
         greatest(coalesce(r.delay_ms, 0), 0) * interval '1 ms', coalesce(r.counts, false),
         nullif(r.failure, 'null'), nullif(r.answer, 'null'), nullif(r.look_at, 'null'),
         nullif(r.request_id, ''), r.n
    from rows from (jsonb_to_recordset(settlements) as (
           subject text, token bigint, send bigint, outcome text, fate text, delay_ms bigint,
           counts boolean, failure jsonb, answer jsonb, look_at jsonb, request_id text))
         with ordinality as r (subject, token, send, outcome, fate, delay_ms,
                               counts, failure, answer, look_at, request_id, n)
$$;
comment on function rolecall.settlement_rows_v1(jsonb) is
  'The settlements of a batch as rows; n is their place in it.';
