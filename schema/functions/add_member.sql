-- add_member: somebody joins an organization, with roles.
-- Called by:  applications.
-- Relies on:  organization_memberships by key; a row survives leaving and rejoining.
-- Holds:      roles are locked before members, members before subjects.
create or replace function rolecall.add_member(organization_id text, member text, role_urns text[])
returns rolecall.organization_memberships
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  org rolecall.organizations := rolecall.linked_organization(add_member.organization_id);
  person record;
  joined rolecall.organization_memberships;
  kept text[];
  held text[] := '{}';
begin
  select * into person from rolecall.find_user(org.id, add_member.member);
  kept := rolecall.lock_roles(org.id, add_member.role_urns);
  insert into rolecall.organization_memberships as m (organization_id, workos_user_id, user_id)
  values (org.id, person.workos_user_id, person.user_id)
  on conflict (organization_id, workos_user_id) do nothing returning * into joined;
  if joined.subject is null then
    select * into joined from rolecall.organization_memberships m
     where m.organization_id = org.id and m.workos_user_id = person.workos_user_id for no key update;
    perform rolecall.bump(joined.subject, org.id, 'member.push', '{}');
    if joined.deleted_at is null then
      held := rolecall.held_roles(org.id, joined.workos_user_id);
      if held <> kept then
        raise exception '% is a member of organization % already, with other roles',
          add_member.member, org.id
          using errcode = '23505',
            hint = 'rolecall.set_member_roles changes the roles of a member.';
      end if;
    end if;
    update rolecall.organization_memberships m
       set deleted_at = null, user_id = coalesce(person.user_id, m.user_id), updated_at = clock_timestamp(),
           status = case when m.deleted_at is null then m.status else 'active' end
     where m.subject = joined.subject returning * into joined;
  else
    perform rolecall.bump(joined.subject, org.id, 'member.push', '{}');
  end if;
  perform rolecall.give_roles(joined, kept);
  perform rolecall.say_member(joined, 'add_member', held, kept, true);
  return joined;
end $$;
comment on function rolecall.add_member(text, text, text[]) is
  'Makes a member, or brings one back, with these roles (URNs, at least one). The same set again '
  'is no error. '
  'Raises 22023 (member or URNs; two roles where WorkOS allows one), 42501, P0002 (organization, '
  'user or role), 55000 (not linked), 23505 (a member with other roles).';
