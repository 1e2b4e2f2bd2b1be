-- slug_of, check_slug, check_name, check_description, check_permissions: WorkOS's limits, told at the mutation.
-- Called by:  create_role, update_role, upsert_global_role, canonical_desired.
-- Relies on:  nothing.
-- Holds:      what WorkOS would refuse for ever is refused here, in the caller's transaction.
create or replace function rolecall.slug_of(name text) returns text
language plpgsql immutable set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  slug text;
begin
  if name ~ '[^\x01-\x7f]' then
    raise exception 'no slug can be made of the name "%"', name
      using errcode = '22023',
        hint = 'Letters outside a-z have no place in a slug: pass one as slug.';
  end if;
  slug := regexp_replace(lower(replace(name, '_', ' ')), '[^a-z0-9 -]', '', 'g');
  slug := btrim(regexp_replace(slug, '[ -]+', '-', 'g'), '-');
  if slug = '' then
    raise exception 'the name must contain at least one letter or digit'
      using errcode = '22023', hint = 'The slug is made of them; or pass a slug.';
  end if;
  return slug;
end $$;
comment on function rolecall.slug_of(text) is
  'The slug that a name makes, without prefix: lower case, runs of spaces, underscores and dashes '
  'become one dash, punctuation goes. Raises 22023.';

create or replace function rolecall.check_slug(slug text) returns text
language plpgsql immutable set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  whole text := case when slug like 'org-%' then slug else 'org-' || slug end;
begin
  if slug !~ '^[a-z0-9_-]+$' or whole = 'org-' then
    raise exception 'slug "%" is not valid', slug
      using errcode = '22023',
        hint = 'A slug is made of a-z, 0-9, - and _; the prefix org- is added where it is missing.';
  elsif char_length(whole) > 48 then
    raise exception 'slug "%" has % characters, and 48 are allowed', whole, char_length(whole)
      using errcode = '22023', hint = 'Pass a shorter slug; a slug is never cut.';
  end if;
  return whole;
end $$;
comment on function rolecall.check_slug(text) is
  'The slug with its prefix org-. Raises 22023 beyond 48 characters of a-z0-9-_.';

create or replace function rolecall.check_name(name text) returns text
language plpgsql immutable set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  trimmed text := btrim(name);
begin
  if coalesce(trimmed, '') = '' then
    raise exception 'name is empty'
      using errcode = '22023', hint = 'A role''s name has 1 to 48 characters.';
  elsif char_length(trimmed) > 48 then
    raise exception 'the name has % characters, and 48 are allowed', char_length(trimmed)
      using errcode = '22023', hint = 'A role''s name has 1 to 48 characters.';
  elsif trimmed ~ '[[:cntrl:]]' then
    raise exception 'the name contains a control character'
      using errcode = '22023', hint = 'A name is one line of text.';
  end if;
  return trimmed;
end $$;
comment on function rolecall.check_name(text) is
  'The name, trimmed. Raises 22023 unless it has 1 to 48 characters.';

create or replace function rolecall.check_description(description text) returns text
language plpgsql immutable set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  if char_length(description) > 150 then
    raise exception 'the description has % characters, and 150 are allowed',
      char_length(description)
      using errcode = '22023', hint = 'WorkOS keeps at most 150.';
  end if;
  return nullif(description, '');
end $$;
comment on function rolecall.check_description(text) is
  'The description; null for an empty one. Raises 22023 beyond 150 characters.';

create or replace function rolecall.check_permissions(permissions text[]) returns text[]
language plpgsql immutable set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  bad text;
begin
  select coalesce(p, 'null') into bad from unnest(permissions) p where p is null
    or p !~ '^[a-z0-9_:.*-]{1,48}$' or p = '*' limit 1;
  if bad is not null then
    raise exception 'permission "%" is not valid', bad
      using errcode = '22023',
        hint = 'A permission slug has 1 to 48 characters of a-z, 0-9 and -_:.*';
  elsif cardinality(permissions) > 500 then
    raise exception '% permissions, and 500 are allowed', cardinality(permissions)
      using errcode = '22023', hint = 'Group them, or make two roles.';
  end if;
  return array(select distinct p collate "C" from unnest(permissions) p order by 1);
end $$;
comment on function rolecall.check_permissions(text[]) is
  'The permission slugs, sorted, each once. Raises 22023 for one that WorkOS does not allow.';
