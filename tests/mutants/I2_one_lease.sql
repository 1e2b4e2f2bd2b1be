-- test: postgres_outbox I2_OneLease.TwoWorkersNeverHoldOneLane
-- Removed: a leased lane is leased again.
do $mutant$
declare
  text_now text := pg_get_functiondef('rolecall.lease_lanes_v1(bigint,smallint,int,int,text[],text)'::regprocedure);
begin
  if position($m$l.state = 'due'$m$ in text_now) = 0 then
    raise exception 'the mutant finds nothing to remove in rolecall.lease_lanes_v1(bigint,smallint,int,int,text[],text)';
  end if;
  execute replace(text_now, $m$l.state = 'due'$m$, $m$l.state in ('due', 'leased')$m$);
end $mutant$;
