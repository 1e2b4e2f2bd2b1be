-- object_key: what a subject is at WorkOS.
-- Called by:  bump, publish_many, settle (look_at).
-- Relies on:  rolecall.key_part; the shapes of desired states.
-- Holds:      parts are percent-encoded, so two objects never share a key.
create or replace function rolecall.object_key(subject text, kind text, desired jsonb) returns text
language plpgsql immutable strict parallel safe as $$
begin
  return coalesce(case
    when kind = 'role.permissions' then
      'permissions:' || rolecall.key_part(desired ->> 'organization') || ':'
        || rolecall.key_part(desired ->> 'slug')
    when kind in ('role.push', 'role.remove') then
      'role:' || rolecall.key_part(desired ->> 'organization') || ':' || rolecall.key_part(desired ->> 'slug')
    when kind in ('member.push', 'member.remove') then
      'member:' || rolecall.key_part(desired ->> 'organization') || ':' || rolecall.key_part(desired ->> 'user')
  end, subject);
end $$;
comment on function rolecall.object_key(text, text, jsonb) is
  'role:<org_>:<slug>, permissions:<org_>:<slug> or member:<org_>:<user_>; the subject itself for '
  'kinds that say nothing about WorkOS''s ids.';
