-- say_member, admin_role, hold_admins, keep_an_admin: the common end of every change of one member's roles.
-- Called by:  add_member, set_member_roles, add_member_role, remove_member_role, remove_member.
-- Relies on:  the subject was bumped in this transaction.
-- Holds:      an organization that had an admin has one; what takes access away goes first.
create or replace function rolecall.admin_role() returns text
language sql stable as $$
  select 'role:global:' || g.id from rolecall.global_roles g where g.workos_slug = 'admin'
    and g.deleted_at is null
$$;
comment on function rolecall.admin_role() is
  'URN of the environment''s role admin; null when it is not known here.';

create or replace function rolecall.hold_admins(organization_id text, held text[], kept text[])
returns void
language plpgsql set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  admin text := rolecall.admin_role();
begin
  if admin = any (hold_admins.held) and admin <> all (hold_admins.kept) then
    -- An update, not a lock alone: under REPEATABLE READ the second of two must get a 40001, not an old count.
    update rolecall.organizations o set updated_at = clock_timestamp() where o.id = hold_admins.organization_id;
  end if;
end $$;
comment on function rolecall.hold_admins(text, text[], text[]) is
  'Takes the organization''s row, so that two transactions cannot each remove another last admin, '
  'if the change takes admin away.';

create or replace function rolecall.keep_an_admin(member rolecall.organization_memberships, held text[],
  kept text[])
returns void
language plpgsql set search_path = pg_catalog, rolecall, pg_temp set enable_seqscan = off set jit = off as $$
declare
  admin text := rolecall.admin_role();
begin
  if admin = any (held) and admin <> all (kept) then
    perform rolecall.hold_admins(member.organization_id, held, kept);
    if not exists (
        select from rolecall.organization_role_assignments a
          join rolecall.organization_memberships m on m.organization_id = a.organization_id
            and m.workos_user_id = a.workos_user_id
         where a.role_urn = admin and a.organization_id = member.organization_id and a.deleted_at is null
           and m.deleted_at is null and m.status = 'active' and m.workos_user_id <> member.workos_user_id) then
      raise exception '% is the last admin of organization %',
        member.workos_user_id, member.organization_id
        using errcode = '55000', hint = 'Make another active member admin first.';
    end if;
  end if;
end $$;
comment on function rolecall.keep_an_admin(rolecall.organization_memberships, text[], text[]) is
  'Raises 55000 when the change would leave the organization without an active admin. Before the '
  'assignments change, after bump.';

create or replace function rolecall.say_member(
  member rolecall.organization_memberships, action text, held text[], kept text[], whole_set boolean)
    returns bigint
language plpgsql set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  document record;
  outbox_id bigint;
begin
  select * into strict document from rolecall.member_documents(
    member.organization_id, array[member.workos_user_id], not whole_set);
  -- taking away is never refused, not even when too much is left
  if not kept <@ held and jsonb_array_length(document.desired -> 'roles') > 1
    and not (select c.multiple_roles from rolecall.provider_control c) then
    raise exception '% would hold % roles, and this environment allows one',
      member.workos_user_id, jsonb_array_length(document.desired -> 'roles')
      using errcode = '22023',
        hint = 'rolecall.set_member_roles with one role replaces it; '
          'provider_control.multiple_roles says what WorkOS allows.';
  end if;
  if member.directory_managed then
    raise notice '% is managed by a directory, which will undo this change', member.workos_user_id;
  end if;
  outbox_id := rolecall.publish(member.subject, member.organization_id, 'member.push', document.desired,
    document.waits,
    case when held <@ kept then 1 else 0 end, rolecall.actor(), rolecall.request_reason(), true);
  perform rolecall.audit(member.organization_id, member.subject,
    (select s.version from rolecall.subjects s where s.subject = member.subject), action,
      rolecall.request_reason(),
    jsonb_build_object('outbox_id', outbox_id, 'before', to_jsonb(held), 'after', to_jsonb(kept)));
  return outbox_id;
end $$;
comment on function rolecall.say_member(rolecall.organization_memberships, text, text[], text[], boolean) is
  'Publishes what the member holds now and writes the audit. Raises 22023 for several roles where '
  'WorkOS allows one.';
