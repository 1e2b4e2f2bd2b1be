-- reduce_lane_v2: a live lane ends because WorkOS holds its content already, or what it waited for
-- is gone; looks end.
-- Called by:  reduce_apply_v2, under the lanes' locks; none is leased.
-- Relies on:  lanes_pkey.
-- Holds:      I5: such an end has its verdict in the audit log.
create or replace function rolecall.reduce_lane_v2(reductions jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  update rolecall.lanes l
     set state = case when r.ending is not null then 'idle' else l.state end,
         ended = coalesce(r.ending, l.ended),
         state_since = case when r.ending is not null then clock_timestamp() else l.state_since end,
         waits_on = case when r.ending is null then l.waits_on end,
         waits_version = case when r.ending is null then l.waits_version end,
         look_after = case when r.ending is null and not r.looked then l.look_after end,
         next_attempt_at = case when r.looked and l.look_after is not null then clock_timestamp()
                                else l.next_attempt_at end,
         looks_absent = r.looks_absent
    from (select e ->> 'subject' as subject,
                 case when (e ->> 'lane_observed')::boolean then 'observed'
                      when (e ->> 'lane_cancelled')::boolean then 'cancelled' end as ending,
                 coalesce((e ->> 'look_over')::boolean, false) as looked,
                 coalesce((e ->> 'looks_absent')::smallint, 0) as looks_absent
            from jsonb_array_elements(reductions) e) r
   where l.subject = r.subject and l.state in ('due', 'held', 'dead')
     and (r.ending is not null or l.look_after is not null);
end $$;
comment on function rolecall.reduce_lane_v2(jsonb) is 'Part of reduce_apply_v2: the lanes.';
