-- remove_member_role: one role less.
-- Called by:  applications.
-- Relies on:  rolecall.change_member.
-- Holds:      the last admin stays; a member keeps at least the default role.
create or replace function rolecall.remove_member_role(organization_id text, member text, role_urn text)
returns rolecall.organization_memberships
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  org rolecall.organizations := rolecall.linked_organization(remove_member_role.organization_id);
begin
  return rolecall.change_member(org, remove_member_role.member, 'remove_member_role',
    array[remove_member_role.role_urn]);
end $$;
comment on function rolecall.remove_member_role(text, text, text) is
  'Takes one role from a member; one that is not held is no error; the last one leaves the default '
  'role and a NOTICE. '
  'Raises 22023 (member or URN), 42501, P0002 (organization, member or role), 55000 (not linked; '
  'last admin; it is the default role and the last).';
