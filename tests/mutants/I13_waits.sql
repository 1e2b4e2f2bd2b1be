-- test: postgres_outbox I13_Waits.NoLaneIsLeasedWhileWhatItWaitsForIsNotReached
-- Removed: the lease does not look at waits.
do $mutant$
declare
  text_now text := pg_get_functiondef('rolecall.lease_lanes_v1(bigint,smallint,int,int,text[],text)'::regprocedure);
begin
  if position($m$and l.waits_on is null $m$ in text_now) = 0 then
    raise exception 'the mutant finds nothing to remove in rolecall.lease_lanes_v1(bigint,smallint,int,int,text[],text)';
  end if;
  execute replace(text_now, $m$and l.waits_on is null $m$, $m$$m$);
end $mutant$;
