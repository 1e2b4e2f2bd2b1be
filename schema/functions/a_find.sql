-- linked_organization, find_user, find_membership: what an application's names mean.
-- Called by:  every mutation, before it locks anything.
-- Relies on:  organizations, users and organization_memberships by key.
-- Holds:      a name that could mean two people, or that WorkOS cannot know, changes nothing; the
--             link that a mutation read stays until it commits.
create or replace function rolecall.linked_organization(organization_id text)
returns rolecall.organizations
language plpgsql set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  found_row rolecall.organizations;
begin
  if linked_organization.organization_id is null then
    raise exception 'organization_id is null'
      using errcode = '22023', hint = 'Pass the id that upsert_organization was given.';
  end if;
  perform rolecall.require_organization(linked_organization.organization_id);
  select * into found_row from rolecall.organizations o
   where o.id = linked_organization.organization_id for key share;
  if found_row.id is null then
    raise exception 'organization % does not exist', linked_organization.organization_id
      using errcode = 'P0002',
        hint = 'Make it known with rolecall.upsert_organization(id, name, workos_organization_id).';
  elsif found_row.workos_organization_id is null then
    raise exception 'organization % is not linked to WorkOS', found_row.id
      using errcode = '55000',
        hint = 'Link it with rolecall.upsert_organization(id, name, workos_organization_id).';
  end if;
  return found_row;
end $$;
comment on function rolecall.linked_organization(text) is
  'The organization; its link stays as it is until the transaction ends. Raises 22023 (null), 42501 (app.org_id is another), P0002 (unknown), 55000 '
  '(not linked to WorkOS).';

create or replace function rolecall.find_user(
  organization_id text, member text, out workos_user_id text, out user_id text)
language plpgsql stable set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  ours rolecall.users;
  theirs rolecall.users;
begin
  if coalesce(find_user.member, '') = '' then
    raise exception 'member is empty'
      using errcode = '22023', hint = 'Pass a users.id or a WorkOS user id.';
  end if;
  select * into ours from rolecall.users u where u.id = find_user.member;
  select * into theirs from rolecall.users u where u.workos_user_id = find_user.member;
  if ours.id <> theirs.id
      or (ours.id is not null and ours.workos_user_id is distinct from find_user.member and exists (
      select from rolecall.organization_memberships m
       where m.organization_id = find_user.organization_id and m.workos_user_id = find_user.member
         and m.user_id is distinct from ours.id)) then
    raise exception 'member % means two different people', find_user.member
      using errcode = '22023',
        hint = 'It is the id of one user and the WorkOS user id of another: pass the other id of '
          'the one you mean.';
  end if;
  if coalesce(ours.deleted_at, theirs.deleted_at) is not null then
    raise exception 'user % is deleted', find_user.member
      using errcode = '55000', hint = 'rolecall.upsert_user brings the user back.';
  elsif ours.id is not null and ours.workos_user_id is null then
    raise exception 'user % has no WorkOS user id', find_user.member
      using errcode = '55000',
        hint = 'Link the user with rolecall.upsert_user(id, email, workos_user_id).';
  end if;
  user_id := coalesce(ours.id, theirs.id);
  workos_user_id := coalesce(ours.workos_user_id, theirs.workos_user_id);
  if user_id is null then  -- a person that only WorkOS names
    if find_user.member !~ '^user_[0-9A-Za-z_]+$' and not exists (
        select from rolecall.organization_memberships m
         where m.organization_id = find_user.organization_id and m.workos_user_id = find_user.member) then
      raise exception 'user % does not exist', find_user.member
        using errcode = 'P0002',
          hint = 'Make the user known with rolecall.upsert_user(id, email, workos_user_id).';
    end if;
    workos_user_id := find_user.member;
  end if;
end $$;
comment on function rolecall.find_user(text, text) is
  'Who is meant by a users.id or a WorkOS user id. Raises 22023 (empty, or two people), P0002 '
  '(nobody), 55000 (deleted, or no WorkOS user id).';

create or replace function rolecall.find_membership(organization_id text, member text)
returns rolecall.organization_memberships
language plpgsql stable set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  person record;
  found_row rolecall.organization_memberships;
begin
  select * into person from rolecall.find_user(find_membership.organization_id, find_membership.member);
  select * into found_row from rolecall.organization_memberships m
   where m.organization_id = find_membership.organization_id and m.workos_user_id = person.workos_user_id
     and m.deleted_at is null;
  if found_row.subject is null then
    raise exception '% is not a member of organization %',
      find_membership.member, find_membership.organization_id
      using errcode = 'P0002',
        hint = 'rolecall.add_member(organization_id, member, role_urns) makes members.';
  end if;
  return found_row;
end $$;
comment on function rolecall.find_membership(text, text) is
  'The membership that a member text means; not locked. Raises as find_user does, and P0002 for '
  'somebody who is no member.';
