-- update_role: another name, description or permissions.
-- Called by:  applications.
-- Relies on:  organization_roles.subject.
-- Holds:      the slug never changes; a role that a concurrent delete_role ended stays ended.
create or replace function rolecall.update_role(
  role_urn text, name text default null, description text default null, permissions text[] default null)
returns rolecall.organization_roles
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  before rolecall.organization_roles := rolecall.find_role(update_role.role_urn);
  org rolecall.organizations := rolecall.linked_organization(before.organization_id);
  after rolecall.organization_roles;
  says_role boolean := update_role.name is not null or update_role.description is not null;
  ids bigint[] := '{}';
begin
  if not says_role and update_role.permissions is null then
    return before;
  end if;
  perform from rolecall.organization_roles r where r.subject = before.subject for no key update;
  if says_role then
    perform rolecall.bump(before.subject, org.id, 'role.push', '{}');
  end if;
  if update_role.permissions is not null then
    perform rolecall.bump(before.permissions_subject, org.id, 'role.permissions', '{}');
  end if;
  before := rolecall.find_role(update_role.role_urn);  -- as it is under the lock
  update rolecall.organization_roles r
     set name = case when update_role.name is null then r.name else rolecall.check_name(update_role.name) end,
         description = case when update_role.description is null then r.description
                            else rolecall.check_description(update_role.description) end,
         permissions = case when update_role.permissions is null then r.permissions
                            else rolecall.check_permissions(update_role.permissions) end,
         updated_at = clock_timestamp()
   where r.subject = before.subject returning * into after;
  if says_role then
    ids := ids || rolecall.say_role(org, after);
  end if;
  if update_role.permissions is not null then
    ids := ids || rolecall.say_permissions(org, after);
  end if;
  perform rolecall.audit(org.id, after.subject, (select s.version from rolecall.subjects s
    where s.subject = after.subject),
    'update_role', rolecall.request_reason(),
    jsonb_build_object('outbox_ids', to_jsonb(ids), 'before', to_jsonb(before), 'after', to_jsonb(after)));
  return after;
end $$;
comment on function rolecall.update_role(text, text, text, text[]) is
  'Changes what is not null; an empty description clears it; the slug stays. Nothing given: '
  'nothing happens. '
  'Raises 22023 (URN, name, description or permissions), 42501 (environment role, or another '
  'organization''s), P0002 (no such role), 55000 (not linked).';
