-- test: postgres_outbox I7_ProvidersFaults.ExpiryCountsTheProvidersTimeUpOnly
-- Removed: time in which the provider is down counts.
create or replace function rolecall.up_seconds_v1() returns double precision
language sql volatile security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select extract(epoch from clock_timestamp()) - extract(epoch from s.since) + 1e6 from rolecall.provider_state s
$$;
