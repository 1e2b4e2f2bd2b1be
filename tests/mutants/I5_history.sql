-- test: postgres_outbox I5_NothingIsLost.EveryVersionEndsAsDeliveredSupersededOrCancelled
-- Removed: intake forgets the rows that it takes in.
do $mutant$
declare
  text_now text := pg_get_functiondef('rolecall.intake_v1(bigint[])'::regprocedure);
begin
  if position($m$    from gone g;$m$ in text_now) = 0 then
    raise exception 'the mutant finds nothing to remove in rolecall.intake_v1(bigint[])';
  end if;
  execute replace(text_now, $m$    from gone g;$m$, $m$    from gone g where false;$m$);
end $mutant$;
