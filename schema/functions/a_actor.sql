-- actor, request_reason, require_organization: what the application said of its transaction by SET LOCAL.
-- Called by:  every mutation, publish, audit.
-- Relies on:  settings app.user_id, app.reason, app.org_id.
-- Holds:      a session bound to one organization changes no other.
create or replace function rolecall.actor() returns text
language sql stable as $$
  select coalesce(nullif(pg_catalog.current_setting('app.user_id', true), ''), session_user)
$$;
comment on function rolecall.actor() is
  'Who acts: app.user_id of the transaction, or the session''s user.';

create or replace function rolecall.request_reason() returns text
language sql stable as $$
  select nullif(pg_catalog.current_setting('app.reason', true), '')
$$;
comment on function rolecall.request_reason() is 'Why: app.reason of the transaction, if set.';

create or replace function rolecall.require_organization(organization_id text) returns void
language plpgsql stable set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  if nullif(current_setting('app.org_id', true), '') <> require_organization.organization_id then
    raise exception 'this session acts for organization %, not for %',
        current_setting('app.org_id', true), require_organization.organization_id
      using errcode = '42501',
        hint = 'Set app.org_id to the organization whose roles you change, or leave it unset.';
  end if;
end $$;
comment on function rolecall.require_organization(text) is
  'Raises 42501 when app.org_id names another organization.';
