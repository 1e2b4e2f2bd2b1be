-- audit: one line of the audit log.
-- Called by:  every mutation, operator's function and verdict of the reducer.
-- Relies on:  rolecall.actor().
-- Holds:      written in the transaction of what it tells about.
create or replace function rolecall.audit(
  organization_id text, subject text, version bigint, action text, reason text, detail jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  insert into rolecall.audit_log (organization_id, subject, version, action, actor, reason, detail)
  values ($1, $2, $3, $4, rolecall.actor(), $5, coalesce($6, '{}'));
end $$;
comment on function rolecall.audit(text, text, bigint, text, text, jsonb) is
  'Writes one line of rolecall.audit_log; the actor is app.user_id or the session''s user.';
