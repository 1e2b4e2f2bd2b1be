-- removes, elements, touched_after: a desired state taken apart into what can change independently.
-- Called by:  publish_many; the reducer compares with touched.
-- Relies on:  the shapes of desired states (outbox/core/lease.hpp).
-- Holds:      I10: an element counts as changed here only in the version that changed it.
create or replace function rolecall.removes(kind text) returns boolean
language sql immutable strict parallel safe as $$
  select kind like '%.remove'
$$;
comment on function rolecall.removes(text) is 'Whether a version of this kind says: absent.';

create or replace function rolecall.elements(kind text, desired jsonb) returns jsonb
language plpgsql immutable strict parallel safe as $$
begin  -- plpgsql keeps its plan: the reducer asks for every subject
  return case
    when rolecall.removes(kind) then '{}'
    when kind = 'role.push' then jsonb_build_object(
      'name', desired -> 'name', 'description', coalesce(desired -> 'description', 'null'))
    when kind in ('member.push', 'role.permissions') then (
      select coalesce(jsonb_object_agg(slug, true), '{}')
        from jsonb_array_elements_text(
          case when kind = 'member.push' then desired -> 'roles' else desired -> 'permissions' end) slug)
    else desired
  end;
end $$;
comment on function rolecall.elements(text, jsonb) is
  'Element -> content of a desired state: role slugs of a member, permission slugs, name and '
  'description of a role; empty for a kind that removes.';

create or replace function rolecall.touched_after(
  touched jsonb, echoed bigint, version bigint, old_kind text, old_desired jsonb, new_kind text,
    new_desired jsonb)
returns jsonb
language plpgsql immutable as $$
declare
  was jsonb := case when version = 1 then '{}' else rolecall.elements(old_kind, old_desired) end;
  now_is jsonb := rolecall.elements(new_kind, new_desired);
  comes_or_goes boolean := version = 1 or rolecall.removes(old_kind) <> rolecall.removes(new_kind);
  after jsonb := '{}';
  element text;
begin
  for element in select jsonb_object_keys(touched || was || now_is || '{"*": 0}') loop
    if (element = '*' and comes_or_goes)
        or (element <> '*' and was -> element is distinct from now_is -> element) then
      after := after || jsonb_build_object(element, version);
    elsif (touched ->> element)::bigint > echoed then
      -- one that WorkOS is known to have applied no longer stands above external changes, and goes
      after := after || jsonb_build_object(element, touched -> element);
    end if;
  end loop;
  return after;
end $$;
comment on function rolecall.touched_after(jsonb, bigint, bigint, text, jsonb, text, jsonb) is
  'Element -> version of its last local change, after this version; * is presence, touched when '
  'it changes and by version 1.';
