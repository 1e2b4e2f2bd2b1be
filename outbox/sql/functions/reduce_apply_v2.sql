-- reduce_apply_v2: writes what the reducer made of the facts of a batch of subjects: a statement a table.
-- Called by:  PgStore::reduce, after reduce_take_v1 and in its transaction, which holds every lock
--             needed here.
-- Relies on:  the parts: guard_reductions_v1, reduce_sends_v1, reduce_lane_v2, reduce_events_v2,
--             reduce_observed_v2, reduce_desired_v2; mirror_seen.
-- Holds:      I5: a correction is a new version and its outbox row; I12: what is due is cleared
--             with its effects.
create or replace function rolecall.reduce_apply_v2(reductions jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  these jsonb;
  r jsonb;
begin
  for r in select x from jsonb_array_elements(reductions) x where x ->> 'failed' is not null loop
    update rolecall.observed o
       set reduce_failure = left(r ->> 'failed', 2000), reduce_due_at = null, pending_read = null
     where o.subject = r ->> 'subject';
    perform rolecall.park_v1(i.workos_organization_id, i.seq, r ->> 'failed')
       from rolecall.inbox i where i.subject = r ->> 'subject' and i.applied_at is null order by i.seq limit 1;
  end loop;
  these := rolecall.guard_reductions_v1(reductions);  -- before anything is lost here
  if jsonb_array_length(these) = 0 then
    return;
  end if;
  perform rolecall.reduce_sends_v1(x) from jsonb_array_elements(these) x  -- few: what only came in was never sent
    where x -> 'matched' <> '{}' or x -> 'absorbed' <> '[]' or x -> 'closed' <> '[]';
  perform rolecall.reduce_lane_v2(these);
  perform rolecall.reduce_observed_v2(these, rolecall.reduce_events_v2(these));
  perform rolecall.reduce_desired_v2(these);  -- what is adopted is read in the light of what was seen
  perform rolecall.mirror_seen_members(array_agg(x ->> 'subject')) from jsonb_array_elements(these) x
    where x ->> 'subject' like 'member:%' having count(*) > 0;
  for r in select x from jsonb_array_elements(these) x where x ->> 'subject' not like 'member:%' loop
    perform rolecall.mirror_seen(r ->> 'subject');
    if r ->> 'subject' like 'role:%' and coalesce(r -> 'applied', '{}') <> '{}' then  -- the next one of its slug may be another role's
      perform rolecall.route_roles_v1(100, k.object_key)
         from (select o.object_key from rolecall.observed o where o.subject = r ->> 'subject'
               union all
               select 'permissions:' || substring(o.object_key from 6) from rolecall.observed o
                where o.subject = r ->> 'subject') k;
    end if;
  end loop;
  perform rolecall.guard_over_v1(x) from jsonb_array_elements(these) x
    where exists (select from rolecall.guard_holds h where h.subject = x ->> 'subject' and h.source = 'reducer');
end $$;
comment on function rolecall.reduce_apply_v2(jsonb) is
  'Writes an array of reductions (outbox/core/facts.hpp) or, under "failed", why there is none.';
