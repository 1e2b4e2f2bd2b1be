-- test: postgres_app Enqueue.I1*
-- Removed: a mutation commits without its outbox row.
do $mutant$
declare
  text_now text := pg_get_functiondef('rolecall.publish_many(rolecall.outbox[],boolean)'::regprocedure);
begin
  if position($m$      from s
    returning id)$m$ in text_now) = 0 or position('if written <>' in text_now) = 0 then
    raise exception 'the mutant finds nothing to remove in publish_many';
  end if;
  text_now := replace(text_now, $m$      from s
    returning id)$m$, $m$      from s where false
    returning id)$m$);
  execute replace(text_now, 'if written <>', 'if false and written <>');
end $mutant$;
