-- test: postgres_outbox I4_Fence.StaleResultChangesNoRow
-- Removed: settle does not ask for the token.
do $mutant$
declare
  text_now text := pg_get_functiondef('rolecall.settle_v1(bigint,jsonb)'::regprocedure);
begin
  if position($m$and l.lease_token = r.token
                          for update$m$ in text_now) = 0 then
    raise exception 'the mutant finds nothing to remove in rolecall.settle_v1(bigint,jsonb)';
  end if;
  execute replace(text_now, $m$and l.lease_token = r.token
                          for update$m$, $m$
                          for update$m$);
end $mutant$;
