-- guard_reductions_v1: which reductions of a batch may be written now. Most take nothing away; of the
-- others, those of one organization are weighed together, and one by one when that is too much.
-- Called by:  reduce_apply_v2, first, under the subjects' locks.
-- Relies on:  guard_holds_pkey, subjects_pkey; revoked_by, guard_weigh, guard_reduction_v1.
-- Holds:      as guard_reduction_v1: nothing is lost here before a person agreed, once too much would be.
create or replace function rolecall.guard_reductions_v1(reductions jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  weighed jsonb;
  passed jsonb;
  share record;
begin
  select jsonb_agg(jsonb_build_object('n', w.n, 'organization', w.organization_id, 'lost', w.lost, 'held', w.held))
           filter (where w.lost > 0 or w.held),
         coalesce(jsonb_agg(w.reduction order by w.n) filter (where w.lost = 0 and not w.held), '[]')
    into weighed, passed
    from (
      select e.reduction, e.n, s.organization_id,
             exists (select from rolecall.guard_holds h where h.subject = e.reduction ->> 'subject') as held,
             case when nullif(e.reduction -> 'adopted_desired', 'null') is null or s.kind = 'member.remove'
                    or s.kind like 'member.%' and s.desired -> 'roles' <@ (e.reduction #> '{adopted_desired,roles}') then 0
                  else rolecall.revoked_by(s, coalesce(nullif(e.reduction ->> 'adopted_kind', ''), s.kind),
                                           e.reduction -> 'adopted_desired') end as lost
        from jsonb_array_elements(reductions) with ordinality e (reduction, n)
        left join rolecall.subjects s on s.subject = e.reduction ->> 'subject'
       where e.reduction ->> 'failed' is null offset 0) w;
  for share in
    select w.organization, w.held, sum(w.lost)::int as lost, jsonb_agg(reductions -> (w.n - 1) order by w.n) as parts
      from jsonb_to_recordset(weighed) as w (n int, organization text, lost int, held boolean)
     group by w.organization, w.held order by min(w.n)
  loop
    passed := passed || case
      when not share.held and rolecall.guard_together_v1(share.organization, share.lost) then share.parts
      else coalesce((select jsonb_agg(p) from jsonb_array_elements(share.parts) p where rolecall.guard_reduction_v1(p)),
                    '[]') end;
  end loop;
  return passed;
end $$;
comment on function rolecall.guard_reductions_v1(jsonb) is
  'Answers those reductions that may be written now; the lanes of the others are held, or their facts wait.';

create or replace function rolecall.guard_together_v1(organization_id text, lost int) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
begin
  return pg_try_advisory_xact_lock(7074, rolecall.guard_key($1, 'reducer'))
     and rolecall.guard_waiting_v1($1) is null
     and not (select w.too_many from rolecall.guard_weigh($1, 'reducer', $2) w);
end $$;
comment on function rolecall.guard_together_v1(text, int) is
  'Part of guard_reductions_v1: whether so many revocations may pass; if so, they are counted.';
