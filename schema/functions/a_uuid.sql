-- uuid_v7: a new id.
-- Called by:  defaults of roles and assignments.
-- Relies on:  nothing.
-- Holds:      no SET: what names its functions in full needs none, and only without one is it taken into
--             the statement that inserts.
create or replace function rolecall.uuid_v7() returns uuid
language sql volatile parallel safe as $$
  -- 48 bits of milliseconds, version 7, the rest random
  select pg_catalog.encode(pg_catalog.set_bit(pg_catalog.set_bit(pg_catalog.overlay(
    pg_catalog.uuid_send(pg_catalog.gen_random_uuid()),
    pg_catalog.substring(pg_catalog.int8send(
      pg_catalog.floor(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) * 1000)::bigint), 3),
    1, 6), 52, 1), 53, 1), 'hex')::uuid
$$;
