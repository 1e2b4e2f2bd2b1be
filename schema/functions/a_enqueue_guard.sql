-- refuse_other_organization, refuse_other_object: what enqueue must not say at WorkOS.
-- Called by:  enqueue, before and after it takes the subject's lock.
-- Relies on:  organizations by id and by workos_organization_id; subjects_by_object; unique
--             subjects of the mirror tables.
-- Holds:      an organization here changes only itself there; two lanes never say one thing.
create or replace function rolecall.refuse_other_organization(organization_id text, kind text, desired jsonb)
returns void
language plpgsql set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  named text := refuse_other_organization.desired ->> 'organization';
  linked text;
begin
  if refuse_other_organization.kind <> all (rolecall.known_kinds()) then
    return;
  end if;
  -- shared, so that nobody links it anew while this is said
  select o.workos_organization_id into linked from rolecall.organizations o
   where o.id = refuse_other_organization.organization_id for key share;
  if linked <> named then
    raise exception 'organization % is linked to %, not to %',
      refuse_other_organization.organization_id, linked, named
      using errcode = '42501', hint = 'desired.organization is the id that upsert_organization was given.';
  elsif exists (select from rolecall.organizations o where o.workos_organization_id = named
                   and o.id <> refuse_other_organization.organization_id) then
    raise exception '% belongs to another organization than %',
      named, refuse_other_organization.organization_id
      using errcode = '42501', hint = 'An organization changes itself only, also at WorkOS.';
  end if;
end $$;
comment on function rolecall.refuse_other_organization(text, text, jsonb) is
  'Raises 42501 when desired.organization is not this organization at WorkOS, or is another one''s.';

create or replace function rolecall.refuse_other_object(subject text, kind text, desired jsonb)
returns void
language plpgsql set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  key text := rolecall.object_key(refuse_other_object.subject, refuse_other_object.kind,
    refuse_other_object.desired);
  held text;
  mine rolecall.subjects;
begin
  select s.subject into held from rolecall.subjects s
   where (s.subject = refuse_other_object.subject or s.object_key = key)
     and (exists (select from rolecall.organization_memberships m where m.subject = s.subject)
       or exists (select from rolecall.organization_roles r where r.subject = s.subject)
       or exists (select from rolecall.organization_roles r where r.permissions_subject = s.subject))
   limit 1;
  if held is not null then
    raise exception 'subject % is held by rolecall''s own tables', held
      using errcode = '55000',
        hint = 'Change it with rolecall.update_role, rolecall.set_member_roles and the like.';
  end if;
  select s.* into mine from rolecall.subjects s where s.subject = refuse_other_object.subject;
  if mine.kind = any (rolecall.known_kinds()) and mine.object_key <> key then
    raise exception 'subject % is % at WorkOS, not %', mine.subject, mine.object_key, key
      using errcode = '22023',
        hint = 'End it with its own member.remove or role.remove, and use another subject for another thing.';
  end if;
end $$;
comment on function rolecall.refuse_other_object(text, text, jsonb) is
  'Raises 55000 when rolecall''s own tables hold the subject or what it is at WorkOS, 22023 when the '
  'subject is another thing there already. Under the subject''s lock.';
