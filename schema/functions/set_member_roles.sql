-- set_member_roles: the whole set of a member's roles.
-- Called by:  applications.
-- Relies on:  organization_memberships by key.
-- Holds:      the last admin stays; what takes a role away goes first.
create or replace function rolecall.set_member_roles(organization_id text, member text, role_urns text[])
returns rolecall.organization_memberships
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  org rolecall.organizations := rolecall.linked_organization(set_member_roles.organization_id);
begin
  return rolecall.change_member(org, set_member_roles.member, 'set_member_roles', set_member_roles.role_urns);
end $$;
comment on function rolecall.set_member_roles(text, text, text[]) is
  'Makes these (URNs, at least one) the roles of a member. Raises 22023 (member or URNs; two roles '
  'where WorkOS allows one), 42501, '
  'P0002 (organization, member or role), 55000 (not linked; last admin).';

create or replace function rolecall.change_member(
  org rolecall.organizations, member text, action text, role_urns text[])
    returns rolecall.organization_memberships
language plpgsql set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  row rolecall.organization_memberships := rolecall.find_membership(org.id, change_member.member);
  named text[] := rolecall.lock_roles(org.id, change_member.role_urns);
  held text[];
  kept text[];
begin
  held := rolecall.held_roles(org.id, row.workos_user_id);
  perform rolecall.hold_admins(org.id, held, rolecall.roles_after(change_member.action, held, named));
  perform from rolecall.organization_memberships m where m.subject = row.subject for no key update;
  perform rolecall.bump(row.subject, org.id, 'member.push', '{}');
  -- only now, under the subject's lock, is it certain what the member holds
  row := rolecall.find_membership(org.id, change_member.member);
  held := rolecall.held_roles(org.id, row.workos_user_id);
  kept := rolecall.roles_after(change_member.action, held, named);
  perform rolecall.keep_an_admin(row, held, kept);
  if cardinality(kept) = 0 then
    kept := rolecall.default_for_last(org, row, named);
  end if;
  perform rolecall.give_roles(row, kept);
  perform rolecall.say_member(row, change_member.action, held, kept, change_member.action = 'set_member_roles');
  return row;
end $$;
comment on function rolecall.change_member(rolecall.organizations, text, text, text[]) is
  'The three changes of one member''s roles: locks in order, counts, changes the assignments, '
  'says so.';

create or replace function rolecall.roles_after(action text, held text[], named text[])
returns text[]
language sql immutable as $$
  select array(
    select distinct u collate "C" from unnest(case when action = 'set_member_roles' then named
      when action = 'add_member_role' then held || named else held end) u
     where action <> 'remove_member_role' or u <> all (named) order by 1)
$$;
comment on function rolecall.roles_after(text, text[], text[]) is
  'The URNs after setting, adding or removing the named ones.';

create or replace function rolecall.default_for_last(
  org rolecall.organizations, member rolecall.organization_memberships, removed text[]) returns text[]
language plpgsql set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  standard text := rolecall.default_role(org.id);
begin
  if standard is null then
    raise exception 'this is the last role of %, and the default role is not known',
      member.workos_user_id
      using errcode = '55000',
        hint = 'Make the default role known with rolecall.upsert_global_role, or use '
          'rolecall.set_member_roles.';
  elsif standard = any (removed) then
    raise exception '% holds the default role only, and a member holds at least one',
      member.workos_user_id
      using errcode = '55000',
        hint = 'rolecall.remove_member ends the membership; rolecall.set_member_roles gives '
          'another role.';
  end if;
  raise notice '% had no other role and holds the default role % now', member.workos_user_id, standard;
  return rolecall.lock_roles(org.id, array[standard]);
end $$;
comment on function rolecall.default_for_last(rolecall.organizations, rolecall.organization_memberships,
  text[]) is
  'What is left to a member whose last role goes. Raises 55000 when that is the role that goes, '
  'or when it is not known.';
