-- add_member_role: one role more.
-- Called by:  applications.
-- Relies on:  rolecall.change_member.
-- Holds:      the member's other roles stay, also those that WorkOS showed and nobody here knows.
create or replace function rolecall.add_member_role(organization_id text, member text, role_urn text)
returns rolecall.organization_memberships
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  org rolecall.organizations := rolecall.linked_organization(add_member_role.organization_id);
begin
  return rolecall.change_member(org, add_member_role.member, 'add_member_role',
    array[add_member_role.role_urn]);
end $$;
comment on function rolecall.add_member_role(text, text, text) is
  'Gives a member one role more; one that is held already is no error. Raises 22023 (member or '
  'URN; a second role where WorkOS allows one), 42501, '
  'P0002 (organization, member or role), 55000 (not linked).';
