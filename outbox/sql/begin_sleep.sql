-- begin_sleep: the sleep lock, which makes enqueuers notify. Refused, but held by another sleeper: they notify all the same.
-- Called by:  PgStore::begin_sleep, on the session's connection.   Answers: one row: locked, another_sleeps.
-- Relies on:  enqueuers that take the same lock shared, for their transaction, or notify.
-- Holds:      no wake-up is lost: a refusal with no other sleeper means that an enqueuer which will not notify is open.
with attempt as materialized (select pg_try_advisory_lock(7072, 0) as locked)
select locked,
       case when not locked then exists (
         select from pg_locks l
          where l.locktype = 'advisory' and l.classid = 7072 and l.objid = 0 and l.objsubid = 2
            and l.mode = 'ExclusiveLock' and l.granted
            and l.database = (select d.oid from pg_database d where d.datname = current_database()))
       else false end as another_sleeps
  from attempt
