-- enqueue, canonical_desired: say the state of a subject for an application with tables of its own.
-- Called by:  applications.
-- Relies on:  rolecall.bump, rolecall.publish; refuse_other_organization, refuse_other_object.
-- Holds:      I1 the row commits with the caller's change; what WorkOS would refuse for ever is refused here;
--             audited.
create or replace function rolecall.enqueue(
  organization_id text, subject text, kind text, desired jsonb, waits_for text[] default '{}',
    priority int default 1)
returns bigint
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  said jsonb;
  waits rolecall.wait[] := '{}';
  id bigint := nextval('rolecall.outbox_id_seq');
  version bigint;
begin
  perform rolecall.check_envelope(enqueue.organization_id, enqueue.subject, enqueue.kind, enqueue.priority);
  said := rolecall.canonical_desired(enqueue.kind, enqueue.desired);
  perform rolecall.refuse_other_organization(enqueue.organization_id, enqueue.kind, said);
  version := rolecall.bump(enqueue.subject, enqueue.organization_id, enqueue.kind, said);
  perform rolecall.refuse_other_object(enqueue.subject, enqueue.kind, said);
  if cardinality(enqueue.waits_for) > 0 then
    waits := rolecall.waits_of(enqueue.waits_for, enqueue.organization_id, enqueue.subject, id);
  end if;
  perform rolecall.publish(enqueue.subject, enqueue.organization_id, enqueue.kind, said, waits, enqueue.priority,
    rolecall.actor(), rolecall.request_reason(), true, id);
  perform rolecall.audit(enqueue.organization_id, enqueue.subject, version, 'enqueue', rolecall.request_reason(),
    jsonb_build_object('outbox_id', id, 'kind', enqueue.kind, 'desired', said));
  return id;
end $$;
comment on function rolecall.enqueue(text, text, text, jsonb, text[], int) is
  'Says that desired is the complete state of subject from now on; returns the outbox id. '
  'waits_for: subjects whose present version is delivered first, '
  'or member:<organization>:* for all its member versions so far. Raises 22023 (any argument), '
  '42501 (another organization''s, here or at WorkOS), '
  '55000 (what rolecall''s own tables hold), P0002 (waits_for). A subject is one thing at WorkOS '
  'for ever: another user or slug is another subject (22023). Call '
  'rolecall.lock_subjects before reading the tables that desired comes from.';

create or replace function rolecall.waits_of(names text[], organization_id text, subject text, outbox_id bigint)
returns rolecall.wait[]
language plpgsql stable set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  barrier text := 'member:' || rolecall.key_part(waits_of.organization_id) || ':*';
  unknown text;
begin
  select n into unknown from unnest(waits_of.names) n
   where n is null or (n <> barrier and not exists (
     select from rolecall.subjects s where s.subject = n and s.organization_id = waits_of.organization_id))
     limit 1;
  if found then
    raise exception 'waits_for names %, which has no version in this organization', coalesce(unknown, 'null')
      using errcode = 'P0002', hint = 'Enqueue what comes first before what waits for it.';
  end if;
  return array(
    select (n.name, case when n.name = barrier then waits_of.outbox_id else s.version end)::rolecall.wait
      from (select distinct x collate "C" from unnest(waits_of.names) x) n (name)
      left join rolecall.subjects s on s.subject = n.name
     where n.name <> waits_of.subject order by n.name);
end $$;
comment on function rolecall.waits_of(text[], text, text, bigint) is
  'The present versions of the named subjects; of member:<organization>:* every member version '
  'before this outbox id. Raises P0002 for a subject without a version in this organization.';

create or replace function rolecall.check_envelope(organization_id text, subject text, kind text, priority int)
returns void
language plpgsql stable set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
begin
  if coalesce(check_envelope.organization_id, '') = '' then
    raise exception 'organization_id is empty'
      using errcode = '22023', hint = 'Pass the application''s id of the organization.';
  elsif coalesce(check_envelope.subject, '') = '' or check_envelope.subject ~ '[*]'
    or octet_length(check_envelope.subject) > 1000 then
    raise exception 'subject "%" is not valid', left(check_envelope.subject, 100)
      using errcode = '22023',
        hint = '1 to 1000 bytes without *; encode parts with rolecall.key_part.';
  elsif coalesce(check_envelope.kind, '') !~ '^[a-z][a-z0-9_.]{0,62}$' then
    raise exception 'kind "%" is not valid', left(check_envelope.kind, 100)
      using errcode = '22023',
        hint = 'role.push, role.permissions, role.remove, member.push or member.remove.';
  elsif check_envelope.priority is null or check_envelope.priority not between 0 and 2 then
    raise exception 'priority % is not valid', check_envelope.priority
      using errcode = '22023', hint = '0 takes access away, 1 is ordinary, 2 is bulk.';
  end if;
  perform rolecall.require_organization(check_envelope.organization_id);
end $$;
comment on function rolecall.check_envelope(text, text, text, int) is
  'Raises 22023 or 42501 for arguments of rolecall.enqueue that name nothing it may change.';

create or replace function rolecall.canonical_desired(kind text, desired jsonb) returns jsonb
language plpgsql stable set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  owner_key text := case when kind like 'member.%' then 'user' else 'slug' end;
  slugs text[];
begin
  if jsonb_typeof(desired) is distinct from 'object' then
    raise exception 'desired is no JSON object'
      using errcode = '22023', hint = 'It is the complete state of the subject.';
  elsif kind not in ('role.push', 'role.permissions', 'role.remove', 'member.push', 'member.remove') then
    return desired;  -- a newer program knows
  elsif coalesce(jsonb_typeof(desired -> 'organization'), '') <> 'string' or desired ->> 'organization' = ''
      or coalesce(jsonb_typeof(desired -> owner_key), '') <> 'string' or desired ->> owner_key = '' then
    raise exception 'desired of % needs the strings organization and %', kind, owner_key
      using errcode = '22023', hint = 'organization is the id at WorkOS (org_...).';
  elsif owner_key = 'slug' and desired ->> 'slug' !~ '^org-[a-z0-9_-]{1,44}$' then
    raise exception 'slug "%" is not valid', desired ->> 'slug'
      using errcode = '22023', hint = 'org- and at most 44 more of a-z, 0-9, - and _.';
  elsif rolecall.removes(kind) then
    return jsonb_build_object('organization', desired -> 'organization', owner_key, desired -> owner_key);
  elsif kind = 'role.push' then
    if coalesce(jsonb_typeof(desired -> 'name'), '') <> 'string'
      or coalesce(jsonb_typeof(desired -> 'description'), 'null') not in ('string', 'null') then
      raise exception 'desired of role.push needs the string name; description is a string or null'
        using errcode = '22023', hint = '{"organization","slug","name","description"}';
    end if;
    return jsonb_build_object('organization', desired -> 'organization', 'slug', desired -> 'slug',
      'name', rolecall.check_name(desired ->> 'name'),
      'description', rolecall.check_description(desired ->> 'description'));
  end if;
  slugs := rolecall.string_list(
    desired -> case when kind = 'member.push' then 'roles' else 'permissions' end, kind);
  if kind = 'role.permissions' then
    return jsonb_build_object('organization', desired -> 'organization', 'slug', desired -> 'slug',
      'permissions', to_jsonb(rolecall.check_permissions(slugs)));
  end if;
  if cardinality(slugs) = 0 or exists (select from unnest(slugs) s where s !~ '^[a-z0-9_-]{1,48}$') then
    raise exception 'roles of desired are not valid' using errcode = '22023',
      hint = 'At least one slug of 1 to 48 characters of a-z, 0-9, - and _; member.remove ends a '
        'membership.';
  elsif cardinality(slugs) > 1 and not (select c.multiple_roles from rolecall.provider_control c) then
    raise exception 'desired names % roles, and this environment allows one', cardinality(slugs)
      using errcode = '22023', hint = 'provider_control.multiple_roles says what WorkOS allows.';
  end if;
  return jsonb_build_object('organization', desired -> 'organization', 'user', desired -> 'user',
    'roles', to_jsonb(slugs));
end $$;
comment on function rolecall.canonical_desired(text, jsonb) is
  'desired in the one form that compares equal: lists sorted, each once, empty description null, '
  'nothing else. Raises 22023 for what WorkOS would refuse. '
  'Kinds that are not known here pass as they are.';

create or replace function rolecall.string_list(list jsonb, kind text) returns text[]
language plpgsql immutable set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  if jsonb_typeof(list) is distinct from 'array' or exists (
      select from jsonb_array_elements(case when jsonb_typeof(list) = 'array' then list else '[]' end) e
        where jsonb_typeof(e) <> 'string') then
    raise exception 'desired of % needs a list of strings', kind
      using errcode = '22023', hint = 'roles for member.push, permissions for role.permissions.';
  end if;
  return array(select distinct e collate "C" from jsonb_array_elements_text(list) e order by 1);
end $$;
comment on function rolecall.string_list(jsonb, text) is
  'A JSON list of strings, sorted, each once. Raises 22023 for anything else.';
