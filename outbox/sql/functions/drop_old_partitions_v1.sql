-- drop_old_partitions_v1: drops partitions older than provider_control.history_days. Answers how
-- many.
-- Called by:  keep_partitions_v1.
-- Relies on:  lanes_pkey, observed_pkey; lock_timeout, so that it gives up rather than let others
--             queue behind it.
-- Holds:      I5: a version that did not converge is copied forward before its partition goes.
create or replace function rolecall.drop_old_partitions_v1() returns int
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp set lock_timeout = '100ms' as $$
declare
  part record;
  dropped int := 0;
  begun timestamptz := clock_timestamp();
begin
  for part in
    select p.relname as parent, c.relname as name
      from pg_inherits i
      join pg_class p on p.oid = i.inhparent
      join pg_class c on c.oid = i.inhrelid
     where p.oid in ('rolecall.outbox_history'::regclass, 'rolecall.outbox_attempts'::regclass)
       and c.relname ~ '_[0-9]{8}$'
       and to_date(right(c.relname, 8), 'YYYYMMDD') < (clock_timestamp() at time zone 'UTC')::date
             - (select k.history_days from rolecall.provider_control k)
     order by c.relname
  loop
    exit when clock_timestamp() > begun + interval '2 s';  -- the others within the hour: what was done stays done
    execute format('lock table rolecall.%I in access exclusive mode', part.name);
    if part.parent = 'outbox_history' then
      execute format(
        'insert into rolecall.outbox_history (id, organization_id, subject, version, kind, desired, waits_for,
                                              priority, enqueued_at, enqueued_by, reason)
         select h.id, h.organization_id, h.subject, h.version, h.kind, h.desired, h.waits_for,
                h.priority, h.enqueued_at, h.enqueued_by, h.reason
           from rolecall.%I h
           join rolecall.lanes l on l.subject = h.subject and l.wanted_version = h.version
           left join rolecall.observed o on o.subject = h.subject
          where coalesce(o.confirmed_version, 0) < h.version', part.name);
    end if;
    execute format('drop table rolecall.%I', part.name);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;
comment on function rolecall.drop_old_partitions_v1() is
  'Retention: drops old partitions, after copying forward what did not converge; as many as two seconds allow.';
