-- reduce_lane_v1: a live lane ends because WorkOS holds its content already, or what it waited for
-- is gone; looks end.
-- Called by:  reduce_apply_v1, under the lane's lock; the lane is not leased.
-- Relies on:  lanes_pkey.
-- Holds:      I5: such an end has its verdict in the audit log.
create or replace function rolecall.reduce_lane_v1(reduction jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  ending text := case when (reduction ->> 'lane_observed')::boolean then 'observed'
                      when (reduction ->> 'lane_cancelled')::boolean then 'cancelled' end;
  looked boolean := coalesce((reduction ->> 'look_over')::boolean, false);
begin
  update rolecall.lanes l
     set state = case when ending is not null then 'idle' else l.state end,
         ended = coalesce(ending, l.ended),
         state_since = case when ending is not null then clock_timestamp() else l.state_since end,
         waits_on = case when ending is null then l.waits_on end,
         waits_version = case when ending is null then l.waits_version end,
         look_after = case when ending is null and not looked then l.look_after end,
         next_attempt_at = case when looked and l.look_after is not null then clock_timestamp()
                                else l.next_attempt_at end,
         looks_absent = coalesce((reduction ->> 'looks_absent')::smallint, 0)
   where l.subject = reduction ->> 'subject' and l.state in ('due', 'held', 'dead')
     and (ending is not null or l.look_after is not null);
end $$;
comment on function rolecall.reduce_lane_v1(jsonb) is 'Part of reduce_apply_v1: the lane.';
