-- reduce_desired_v2: the versions that the reducer adds: adopted from WorkOS, or said again; and its
-- verdicts.
-- Called by:  reduce_apply_v2, under the subjects' locks.
-- Relies on:  subjects_pkey; publish (outbox row and wake-up), mirror_adopt_members, mirror_adopt.
-- Holds:      every version that must be said has its outbox row; touched is not a local change
--             here. The end of a role finds its holders as this batch has left them.
create or replace function rolecall.reduce_desired_v2(reductions jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  changed jsonb;
  c jsonb;
begin
  -- who adopts nothing and says nothing is not even touched: mutations under REPEATABLE READ go on
  with u as (
    update rolecall.subjects x
       set touched = coalesce(r.touched, x.touched),
           version = x.version + 1, updated_at = clock_timestamp(),
           kind = coalesce(r.next ->> 'kind', r.adopted_kind, x.kind),
           desired = coalesce(nullif(r.next -> 'desired', 'null'), r.adopted, x.desired)
      from (select e ->> 'subject' as subject, nullif(e -> 'adopted_desired', 'null') as adopted,
                   nullif(e -> 'next', 'null') as next, nullif(e -> 'touched', 'null') as touched,
                   nullif(e ->> 'adopted_kind', '') as adopted_kind, e #>> '{audit,0,verdict}' as verdict
              from jsonb_array_elements(reductions) e) r
     where x.subject = r.subject and (r.adopted is not null or r.next is not null)
    returning x.subject, x.organization_id, x.version, x.kind, x.desired, r.adopted, r.next,
              coalesce(r.next ->> 'reason', r.verdict, 'adopted') as why)
  select jsonb_agg(to_jsonb(u)) into changed from u;
  insert into rolecall.audit_log (organization_id, subject, version, action, actor, detail)
  select s.organization_id, e.r ->> 'subject', s.version, a.entry ->> 'verdict', rolecall.actor(),
         jsonb_build_object('detail', a.entry ->> 'detail')
    from jsonb_array_elements(reductions) with ordinality e (r, n)
   cross join lateral jsonb_array_elements(coalesce(nullif(e.r -> 'audit', 'null'), '[]')) with ordinality a (entry, n)
    left join rolecall.subjects s on s.subject = e.r ->> 'subject'
   order by e.n, a.n;
  if changed is null then
    return;
  end if;
  perform rolecall.mirror_adopt_members(jsonb_agg(jsonb_build_object(
            'subject', x -> 'subject', 'kind', x -> 'kind', 'desired', x -> 'adopted')))
     from jsonb_array_elements(changed) x
    where x ->> 'kind' like 'member.%' and x -> 'adopted' <> 'null' having count(*) > 0;
  -- WorkOS has what was adopted: the lane holds it as reached, so that nobody waits for it, and
  -- nobody says what was before.
  update rolecall.lanes l
     set wanted_version = x.version, kind = x.kind, desired = x.desired, state = 'idle', ended = 'observed',
         waits_on = null, waits_version = null, look_after = null,
         state_since = case when l.state = 'idle' then l.state_since else clock_timestamp() end
    from jsonb_to_recordset(changed) as x (subject text, version bigint, kind text, desired jsonb, next jsonb)
   where l.subject = x.subject and x.next is null and l.state in ('idle', 'due', 'held', 'dead');
  for c in
    select x from jsonb_array_elements(changed) with ordinality x (x, n)
     where x -> 'next' <> 'null' or (x -> 'adopted' <> 'null' and x ->> 'kind' not like 'member.%')
     order by x ->> 'kind' not like 'member.%', n
  loop
    if c -> 'adopted' <> 'null' and c ->> 'kind' not like 'member.%' then
      perform rolecall.mirror_adopt(c ->> 'subject', c ->> 'kind', c -> 'adopted', c ->> 'why');
    end if;
    if c -> 'next' <> 'null' then
      perform rolecall.publish(
        c ->> 'subject', c ->> 'organization_id', c ->> 'kind', c -> 'desired',
        coalesce((select l.waits_for from rolecall.lanes l where l.subject = c ->> 'subject'), '{}'),
        (c #>> '{next,priority}')::int, 'rolecall:reducer', c ->> 'why', false);
    end if;
  end loop;
end $$;
comment on function rolecall.reduce_desired_v2(jsonb) is
  'Part of reduce_apply_v2: adopts states, writes the next outbox rows and the audit log.';
