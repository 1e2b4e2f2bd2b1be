-- held_role, past_member: whether a member held a role at an instant, here and at WorkOS.
-- Called by:  applications and operators.
-- Relies on:  organization_role_assignments_active, organization_role_assignments_past; workos_then.
-- Holds:      a session bound to one organization reads no other; what is not known is null, not false.
create or replace function rolecall.past_member(organization_id text, member text) returns text
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  meant text[];
begin
  if past_member.organization_id is null or coalesce(past_member.member, '') = '' then
    raise exception 'organization_id or member is empty'
      using errcode = '22023', hint = 'Pass an organization''s id, and a users.id or a WorkOS user id.';
  end if;
  perform rolecall.require_organization(past_member.organization_id);
  if not exists (select from rolecall.organizations g where g.id = past_member.organization_id) then
    raise exception 'organization % does not exist', past_member.organization_id
      using errcode = 'P0002',
        hint = 'Make it known with rolecall.upsert_organization(id, name, workos_organization_id).';
  end if;
  meant := array(
    select u.workos_user_id from rolecall.users u
     where past_member.member in (u.id, u.workos_user_id) and u.workos_user_id is not null
    union
    select m.workos_user_id from rolecall.organization_memberships m  -- also under an id that was theirs before
     where m.organization_id = past_member.organization_id
       and (m.workos_user_id = past_member.member or m.user_id = past_member.member));
  if cardinality(meant) > 1 then
    raise exception 'member % means several: %', past_member.member, array_to_string(meant, ', ')
      using errcode = '22023', hint = 'Pass the WorkOS user id of the one you mean.';
  elsif cardinality(meant) = 0 then
    if exists (select from rolecall.users u where u.id = past_member.member) then
      raise exception 'user % has no WorkOS user id', past_member.member
        using errcode = '55000', hint = 'Link the user with rolecall.upsert_user(id, email, workos_user_id).';
    elsif past_member.member !~ '^user_[0-9A-Za-z_]+$' then
      raise exception 'user % does not exist', past_member.member
        using errcode = 'P0002', hint = 'Make the user known with rolecall.upsert_user(id, email, workos_user_id).';
    end if;
    return past_member.member;
  end if;
  return meant[1];
end $$;
comment on function rolecall.past_member(text, text) is
  'The WorkOS user id of who is or was meant by a users.id or a WorkOS user id, deleted users included. Raises 22023 '
  '(empty, or several people), 42501 (app.org_id is another), P0002 (nobody), 55000 (no WorkOS user id).';

create or replace function rolecall.held_role(
  organization_id text, member text, role_urn text, at timestamptz, out local boolean, out workos boolean)
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  person text := rolecall.past_member(held_role.organization_id, held_role.member);
begin
  if held_role.at is null or not isfinite(held_role.at) then
    raise exception 'at is null or infinite' using errcode = '22023', hint = 'Pass an instant of the past.';
  elsif not exists (
      select from rolecall.organization_roles r
       where r.subject = held_role.role_urn and r.organization_id = held_role.organization_id
      union all
      select from rolecall.global_roles g where 'role:global:' || g.id = held_role.role_urn) then
    raise exception 'organization % has and had no role %',
      held_role.organization_id, coalesce(held_role.role_urn, 'null')
      using errcode = 'P0002', hint = 'rolecall.role_history names the roles that a member held.';
  elsif held_role.at > clock_timestamp() then
    return;
  end if;
  local := exists (
    select from rolecall.organization_role_assignments a
     where a.organization_id = held_role.organization_id and a.workos_user_id = person
       and a.role_urn = held_role.role_urn and a.deleted_at is null and a.created_at <= held_role.at
    union all
    select from rolecall.organization_role_assignments a
     where a.organization_id = held_role.organization_id and a.workos_user_id = person
       and a.role_urn = held_role.role_urn and a.deleted_at is not null
       and a.created_at <= held_role.at and a.deleted_at > held_role.at)
    -- a role that ended is nobody's, whoever of its holders was busy just then
    and not exists (
      select from rolecall.organization_roles r where r.subject = held_role.role_urn and r.deleted_at <= held_role.at);
  select rolecall.held_there(held_role.organization_id, held_role.role_urn, t.known, t.since, t.roles, t.at) into workos
    from rolecall.workos_then(held_role.organization_id, person, array[held_role.at]) t;
end $$;
comment on function rolecall.held_role(text, text, text, timestamptz) is
  'Whether a member (a users.id or a WorkOS user id) held a role (URN) at an instant of the past. local: it was '
  'assigned here, by the database''s clock. workos: an active membership had it there, by WorkOS''s clock. null is not '
  'known, which is not no: before the first evidence of the membership, between the last look at it and the one that '
  'found it gone, where its slug may mean a role not seen yet, and for both in the future. After the last evidence '
  'counts what that showed. Raises 22023 (at; member empty or several people), 42501 (app.org_id is another), P0002 '
  '(organization, user or role), 55000 (no WorkOS user id).';
