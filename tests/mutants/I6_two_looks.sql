-- test: postgres_outbox I6_Liveness.*:FindingH9.OneFreeLookRetiresNobody
-- Removed: one free look retires a session.
do $mutant$
declare
  text_now text := pg_get_functiondef('rolecall.retire_sessions_v1()'::regprocedure);
begin
  if position($m$lock_is_free and session.suspect_since < clock_timestamp() - interval '750 ms'$m$ in text_now) = 0 then
    raise exception 'the mutant finds nothing to remove in rolecall.retire_sessions_v1()';
  end if;
  execute replace(text_now, $m$lock_is_free and session.suspect_since < clock_timestamp() - interval '750 ms'$m$, $m$lock_is_free$m$);
end $mutant$;
