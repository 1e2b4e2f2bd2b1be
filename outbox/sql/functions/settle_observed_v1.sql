-- settle_observed_v1: new facts make the reducer due; looks and look_at make reads due.
-- Called by:  settle_v1.
-- Relies on:  observed_pkey, subjects_pkey, subjects_by_object.
-- Holds:      I12: whoever records a fact makes the reducer due in the same transaction. Rows in
--             sorted order: no deadlock.
create or replace function rolecall.settle_observed_v1(settlements jsonb, mine bigint[], late bigint[])
returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  visibility interval;
begin
  select c.visibility_ms * interval '1 ms' into visibility from rolecall.provider_control c;
  with fact as (
    select r.subject,
           case when r.n = any (late) then r.fate = 'answered' or r.fate = 'unsent'
                else r.fate <> 'unsent' or r.outcome in ('delivered', 'partial', 'held', 'dead') end as reduce,
           case when r.n = any (mine) and r.outcome = 'look'
                then case when r.delay > interval '0' then r.delay else visibility end end as read_in,
           'look' as why
      from rolecall.settlement_rows_v1(settlements) r
     where r.n = any (mine || late)
    union all
    select s.subject, false, interval '0', 'look_at'
      from rolecall.settlement_rows_v1(settlements) r
     cross join lateral jsonb_to_recordset(r.look_at) as a (family text, organization text, name text)
      join rolecall.subjects s on s.object_key =
             a.family || ':' || rolecall.key_part(a.organization) || ':' || rolecall.key_part(a.name)
     where r.n = any (mine)),
  told as (
    select f.subject, bool_or(f.reduce) as reduce, max(f.read_in) as read_in,
           (array_agg(f.why order by f.read_in desc nulls last))[1] as why
      from fact f group by f.subject)
  insert into rolecall.observed as o (subject, organization_id, object_key, reduce_due_at, verify_at, verify_reason)
  select t.subject, s.organization_id, s.object_key, case when t.reduce then clock_timestamp() end,
         clock_timestamp() + t.read_in, case when t.read_in is not null then t.why end
    from told t join rolecall.subjects s on s.subject = t.subject
   where t.reduce or t.read_in is not null
   order by t.subject
  on conflict (subject) do update
     set reduce_due_at = coalesce(excluded.reduce_due_at, o.reduce_due_at),
         verify_at = coalesce(excluded.verify_at, o.verify_at),
         verify_reason = coalesce(excluded.verify_reason, o.verify_reason);
end $$;
comment on function rolecall.settle_observed_v1(jsonb, bigint[], bigint[]) is
  'Part of settle_v1: makes the reducer and verification reads due.';
