-- key_part: one part of a subject or an object key, so that parts never run together.
-- Called by:  generated columns of the mirror; whoever builds or looks up a subject or an object key.
-- Relies on:  nothing.
-- Holds:      no SET: what names its functions in full needs none, and only without one is it taken into
--             the statement that calls it.
create or replace function rolecall.key_part(part text) returns text
language sql immutable strict parallel safe as $$
  select pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(part, '%', '%25'), ':', '%3A'), '*', '%2A')
$$;
