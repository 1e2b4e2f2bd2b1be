-- delete_role: the end of a role, for its holders first.
-- Called by:  applications.
-- Relies on:  organization_role_assignments_by_role; READ COMMITTED, to see who got the role before the lock.
-- Holds:      no desired state names an ended role; the removal is said after every member version before it.
create or replace function rolecall.delete_role(role_urn text, reassign_to text default null)
returns rolecall.organization_roles
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  role rolecall.organization_roles := rolecall.find_role(delete_role.role_urn);
  org rolecall.organizations := rolecall.linked_organization(role.organization_id);
  replacement text := coalesce(delete_role.reassign_to, rolecall.default_role(org.id));
  holders rolecall.organization_memberships[];
  bare text[];
  outbox_id bigint := null;
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'delete_role needs READ COMMITTED, not %',
      upper(current_setting('transaction_isolation'))
      using errcode = '0A000',
        hint = 'A snapshot taken before the lock would miss members who got the role meanwhile: '
          'call it in a READ COMMITTED transaction.';
  elsif delete_role.reassign_to = role.subject then
    raise exception 'a role cannot take over from itself'
      using errcode = '22023', hint = 'Pass another role as reassign_to.';
  elsif replacement = role.subject then
    raise exception 'role % is the default role of organization %', role.workos_slug, org.id
      using errcode = '55000', hint = 'Make another one the default first, or pass reassign_to.';
  end if;
  perform rolecall.lock_role_for_end(role, replacement);
  role := rolecall.find_role(delete_role.role_urn);  -- as it is under the lock
  select coalesce(array_agg(x.m), '{}') into holders from (
    select m from rolecall.organization_memberships m
     where m.organization_id = org.id and m.deleted_at is null and m.workos_user_id in (
       select a.workos_user_id from rolecall.organization_role_assignments a
        where a.role_urn = role.subject and a.organization_id = org.id and a.deleted_at is null)
     order by m.workos_user_id for no key update) x;
  bare := rolecall.take_role_away(
    role, array(select h.workos_user_id from unnest(holders) h), replacement, true,
    rolecall.actor(), coalesce(rolecall.request_reason(), 'delete_role'));
  perform rolecall.tell_holders(holders, bare, replacement, delete_role.reassign_to is null);
  perform rolecall.bump(role.subject, org.id, 'role.remove', '{}');
  update rolecall.organization_roles r set deleted_at = clock_timestamp(), updated_at = clock_timestamp()
   where r.subject = role.subject returning * into role;
  -- drawn after the members' rows: the barrier is every member version below it
  outbox_id := nextval('rolecall.outbox_id_seq');
  perform rolecall.publish(role.subject, org.id, 'role.remove',
    jsonb_build_object('organization', org.workos_organization_id, 'slug', role.workos_slug),
    ('member:' || rolecall.key_part(org.id) || ':*', outbox_id)::rolecall.wait || rolecall.role_waits(role),
    1, rolecall.actor(), rolecall.request_reason(), true, outbox_id);
  perform rolecall.audit(org.id, role.subject, (select s.version from rolecall.subjects s
    where s.subject = role.subject),
    'delete_role', rolecall.request_reason(), jsonb_build_object(
      'outbox_id', outbox_id, 'after', to_jsonb(role), 'holders', cardinality(holders),
      'reassigned', cardinality(bare), 'reassigned_to', case when cardinality(bare) > 0 then replacement end));
  return role;
end $$;
comment on function rolecall.delete_role(text, text) is
  'Ends a role. Members left without one get reassign_to, else the default role (and a NOTICE). '
  'The slug may be used again at once, by another role. '
  'Raises 22023 (URN, or reassign_to is the role itself), 42501 (environment role, or another '
  'organization''s), P0002 (no such role), '
  '55000 (not linked, it is the default role, or no default role is known), 0A000 (not in READ '
  'COMMITTED).';

create or replace function rolecall.lock_role_for_end(role rolecall.organization_roles, replacement text)
returns void
language plpgsql set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  urn text;
begin
  foreach urn in array array(select u collate "C" from unnest(array[role.subject, replacement]) u
    where u is not null order by 1) loop
    if urn = role.subject then
      perform from rolecall.organization_roles r where r.subject = urn for update;
    else
      perform rolecall.lock_roles(role.organization_id, array[urn]);
    end if;
  end loop;
end $$;
comment on function rolecall.lock_role_for_end(rolecall.organization_roles, text) is
  'Takes the ending role exclusively and its replacement against deletion, sorted.';

create or replace function rolecall.tell_holders(
  holders rolecall.organization_memberships[], bare text[], replacement text, by_default boolean) returns void
language plpgsql set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  managed int := (select count(*) from unnest(holders) h where h.directory_managed);
begin
  if by_default and cardinality(bare) > 0 then
    raise notice '% members had no other role and hold the default role % now', cardinality(bare), replacement;
  end if;
  if managed > 0 then
    raise notice '% members are managed by a directory, which will undo this change', managed;
  end if;
end $$;
comment on function rolecall.tell_holders(rolecall.organization_memberships[], text[], text, boolean) is
  'NOTICEs about what the end of a role means for its holders.';
