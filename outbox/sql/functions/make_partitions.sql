-- make_partitions: partitions of outbox_history and outbox_attempts, by day (UTC), from yesterday
-- to `days` ahead.
-- Called by:  rolecall migrate, after the functions are there; keep_partitions_v1.
-- Relies on:  CREATE and ATTACH, which block nobody; PARTITION OF would wait for every open
--             transaction.
-- Holds:      intake and settle always find their partition.
create or replace function rolecall.make_partitions(days int) returns int
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp set lock_timeout = '100ms' as $$
declare
  parent text;
  day date;
  part text;
  made int := 0;
  today date := (clock_timestamp() at time zone 'UTC')::date;
begin
  foreach parent in array array['outbox_history', 'outbox_attempts'] loop
    for day in select today + n from generate_series(-1, make_partitions.days) n loop
      part := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
      continue when to_regclass('rolecall.' || part) is not null;
      execute format('create table rolecall.%I (like rolecall.%I including defaults including constraints including comments)',
                     part, parent);
      execute format('comment on table rolecall.%I is %L', part, format('%s of %s (UTC).', parent, day));
      execute format('alter table rolecall.%I attach partition rolecall.%I for values from (%L) to (%L)',
                     parent, part, day || ' 00:00:00+00', day + 1 || ' 00:00:00+00');
      made := made + 1;
    end loop;
  end loop;
  return made;
end $$;
comment on function rolecall.make_partitions(int) is
  'Makes the daily partitions that are missing, up to so many days ahead; answers how many.';
