-- test: postgres_outbox I9_NobodyWaits.WorkersPassByWhatApplicationsAndOperatorsHold
-- Removed: settle waits for whoever has the lane.
do $mutant$
declare
  text_now text := pg_get_functiondef('rolecall.settle_v1(bigint,jsonb)'::regprocedure);
begin
  if position($m$for update skip locked) l;$m$ in text_now) = 0 then
    raise exception 'the mutant finds nothing to remove in rolecall.settle_v1(bigint,jsonb)';
  end if;
  execute replace(text_now, $m$for update skip locked) l;$m$, $m$for update) l;$m$);
end $mutant$;
