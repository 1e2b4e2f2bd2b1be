-- keep_partitions_v1: partitions 60 days ahead, and retention. Answers how many it made and dropped.
-- Called by:  PgStore::keep_partitions, each hour and beside everything else: with much history it may take
--             seconds; the schedule's row lets one worker through.
-- Relies on:  make_partitions, drop_old_partitions_v1.
-- Holds:      I5: what did not converge outlives its partition.
create or replace function rolecall.keep_partitions_v1() returns int
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  done int := 0;
  problem text;
begin
  perform from rolecall.schedules s
    where s.name = 'partitions' and s.enabled and s.due_at <= clock_timestamp() for update skip locked;
  if not found then
    return 0;
  end if;
  begin  -- apart: whatever keeps the old ones, without those of the days to come nothing can be said at all
    done := done + rolecall.drop_old_partitions_v1();
  exception
    when lock_not_available then
      problem := 'a partition was in use; tried again within the hour';
    when others then
      problem := left('an old partition could not be dropped: ' || sqlerrm, 500);
  end;
  begin
    done := done + rolecall.make_partitions(60);
  exception when lock_not_available then
    problem := 'a partition was in use; tried again within the hour';
  end;
  update rolecall.schedules s
     set due_at = clock_timestamp() + s.every_ms * interval '1 ms', last_run_at = clock_timestamp(),
         last_result = coalesce(problem, format('ok, %s done', done))
   where s.name = 'partitions';
  return done;
end $$;
comment on function rolecall.keep_partitions_v1() is
  'Makes the partitions of the next 60 days and drops those past retention; answers how many.';
