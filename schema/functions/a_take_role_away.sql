-- take_role_away, retire_holders: the end of a role for those who hold it, as sets.
-- Called by:  delete_role; the reducer when a role is gone at WorkOS (mirror_adopt, mirror_seen).
-- Relies on:  organization_role_assignments_by_role; the memberships are locked by the caller.
-- Holds:      every holder's desired state stops naming the role in the transaction that ends it, and the audit
--             says so of each.
create or replace function rolecall.take_role_away(
  role rolecall.organization_roles, holders text[], replacement text, touch boolean, who text,
    why text) returns text[]
language plpgsql set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  bare text[];
begin
  if coalesce(cardinality(holders), 0) = 0 then
    return '{}';
  end if;
  perform rolecall.bump_many(array(
    select m.subject from unnest(holders) h (id)
     cross join lateral (  -- offset 0: one look-up by key for each, whatever the planner believes
      select m.subject from rolecall.organization_memberships m
       where m.organization_id = role.organization_id and m.workos_user_id = h.id offset 0) m),
    role.organization_id, 'member.push');
  update rolecall.organization_role_assignments a set deleted_at = clock_timestamp(),
    updated_at = clock_timestamp()
    from unnest(holders) h (id)
   cross join lateral (
    select x.id, x.role_urn from rolecall.organization_role_assignments x
     where x.organization_id = role.organization_id and x.workos_user_id = h.id
       and x.deleted_at is null offset 0) held
   where a.id = held.id and held.role_urn = role.subject;
  bare := array(select h.id from unnest(holders) h (id) where not exists (
    select from rolecall.roles_of(role.organization_id, h.id)));
  if cardinality(bare) > 0 and replacement is null then
    raise exception '% members would be left without a role, and the default role is not known',
      cardinality(bare)
      using errcode = '55000',
        hint = 'Pass reassign_to, or make the default role known with rolecall.upsert_global_role.';
  end if;
  insert into rolecall.organization_role_assignments (organization_id, workos_user_id, user_id, role_urn)
  select role.organization_id, b.id, m.user_id, replacement
    from unnest(bare) b (id)
   cross join lateral (
    select m.user_id from rolecall.organization_memberships m
     where m.organization_id = role.organization_id and m.workos_user_id = b.id offset 0) m
  on conflict (organization_id, workos_user_id, role_urn) where deleted_at is null do nothing;
  perform rolecall.publish_many(array(
    select row (null, role.organization_id, d.subject, null, 'member.push', d.desired, d.waits, 0, null, who,
      why)::rolecall.outbox
      from rolecall.member_documents(role.organization_id, holders, true) d), touch);
  insert into rolecall.audit_log (organization_id, subject, version, action, actor, reason, detail)
  select role.organization_id, s.subject, s.version, 'role_ended', who, why, jsonb_build_object(
           'before', to_jsonb(role.subject || array(
             select u from unnest(now.urns) u where u is distinct from replacement or h.id <> all (bare))),
           'after', to_jsonb(now.urns))
    from unnest(holders) with ordinality h (id, n)
   cross join lateral (
    select s.subject, s.version from rolecall.subjects s
     where s.subject = rolecall.member_subject(role.organization_id, h.id) offset 0) s
   cross join lateral (select array(select r.role_urn from rolecall.roles_of(role.organization_id, h.id) r) as urns) now
   order by h.n;
  return bare;
end $$;
comment on function rolecall.take_role_away(rolecall.organization_roles, text[], text, boolean, text, text) is
  'Ends the role for these members and publishes what is left to them, ahead of everything else. '
  'Returns those who got the replacement. '
  'Raises 55000 when somebody would be left without a role and there is no replacement.';

create or replace function rolecall.retire_holders(role rolecall.organization_roles, why text)
returns int
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  free text[];
  others int;
  replacement text := rolecall.default_role(role.organization_id);
begin
  if replacement is not null then
    -- what an application holds is left for the next time
    select coalesce(array_agg(x.workos_user_id), '{}') into free from (
      select m.workos_user_id from rolecall.organization_role_assignments a
        join rolecall.organization_memberships m on m.organization_id = a.organization_id
          and m.workos_user_id = a.workos_user_id
       where a.role_urn = role.subject and a.organization_id = role.organization_id and a.deleted_at is null
         -- facts that the reducer may have taken already are applied first
         and not exists (select from rolecall.observed o where o.subject = m.subject
           and o.reduce_due_at is not null)
       order by m.workos_user_id limit 1000 for no key update of m skip locked) x;
    select coalesce(array_agg(x.workos_user_id), '{}') into free from (
      select m.workos_user_id from unnest(free) f (id)
        join rolecall.organization_memberships m on m.organization_id = role.organization_id
          and m.workos_user_id = f.id
        join rolecall.subjects s on s.subject = m.subject
       order by m.workos_user_id for update of s skip locked) x;
    perform rolecall.take_role_away(role, free, replacement, false, 'rolecall:reducer', why);
  end if;
  select count(*) into others from rolecall.organization_role_assignments a
   where a.role_urn = role.subject and a.organization_id = role.organization_id and a.deleted_at is null;
  return others;
end $$;
comment on function rolecall.retire_holders(rolecall.organization_roles, text) is
  'Ends a role that is gone for those of its holders that nobody else has locked; returns how '
  'many are left to do.';
