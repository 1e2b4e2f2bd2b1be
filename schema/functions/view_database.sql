-- tables_status, snapshots: how large the tables are, and what keeps their dead rows from being removed.
-- Called by:  people, metrics.
-- Relies on:  a scan of pg_class; statistics of the server; sizes are asked of the file system.
-- Holds:      I9: it waits 100 ms for a table that is locked, then gives up.
create or replace function rolecall.table_numbers()
returns table (name text, partitions bigint, live_rows bigint, dead_rows bigint, table_bytes bigint, index_bytes bigint,
               vacuumed_at timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp set lock_timeout = '100ms' set jit = off as $$
begin
  return query
  select coalesce(p.relname, c.relname)::text, count(p.oid), sum(pg_stat_get_live_tuples(c.oid))::bigint,
         sum(pg_stat_get_dead_tuples(c.oid))::bigint, coalesce(sum(pg_table_size(c.oid)), 0)::bigint,
         coalesce(sum(pg_indexes_size(c.oid)), 0)::bigint,
         max(greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)))
    from pg_class c
    left join pg_inherits i on i.inhrelid = c.oid
    left join pg_class p on p.oid = i.inhparent
   where c.relnamespace = 'rolecall'::regnamespace and c.relkind = 'r'
   group by 1;
end $$;
comment on function rolecall.table_numbers() is
  'What rolecall.tables_status shows. Raises 55P03 when a table stays locked for 100 ms.';

create or replace view rolecall.tables_status as
select n.name, n.partitions, n.live_rows, n.dead_rows, n.table_bytes, n.index_bytes, n.vacuumed_at
  from rolecall.table_numbers() n;
comment on view rolecall.tables_status is
  'How large each table of the schema is, its partitions together, and how many dead rows it has.';
comment on column rolecall.tables_status.partitions is 'How many there are; 0: it has none.';
comment on column rolecall.tables_status.live_rows is 'As PostgreSQL estimates them.';
comment on column rolecall.tables_status.dead_rows is 'Not removed by vacuum yet, as PostgreSQL estimates them.';
comment on column rolecall.tables_status.table_bytes is 'On disk, with TOAST, without indexes.';
comment on column rolecall.tables_status.vacuumed_at is 'When vacuum last ended on it, or on one of its partitions; null: never.';

-- Of others' sessions their xmin is everybody's to see, and when they began is not.
create or replace function rolecall.snapshots_held()
returns table (kind text, name text, username text, application text, state text, since timestamptz, transactions bigint)
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp set jit = off as $$
  select 'session', a.pid::text, a.usename::text, a.application_name, a.state, a.xact_start,
         greatest(age(a.backend_xmin), age(a.backend_xid))::bigint
    from pg_stat_activity a
   where a.pid <> pg_backend_pid() and (a.backend_xmin is not null or a.backend_xid is not null)
     and (a.datname = current_database() or a.datname is null)  -- a standby's feedback names none
     and a.backend_type <> 'autovacuum worker'  -- its own snapshot holds up nothing
  union all
  select 'prepared', p.gid, p.owner::text, null, null, p.prepared, age(p.transaction)::bigint
    from pg_prepared_xacts p where p.database = current_database()
  union all
  select 'slot', s.slot_name::text, null, null, case when s.active then 'active' else 'inactive' end, null, age(s.xmin)::bigint
    from pg_replication_slots s where s.xmin is not null
$$;
comment on function rolecall.snapshots_held() is 'What rolecall.snapshots shows.';

create or replace view rolecall.snapshots as
select h.kind, h.name, h.username, h.application, h.state, h.since,
       extract(epoch from clock_timestamp() - h.since)::float8 as age_s, h.transactions,
       case h.kind when 'session' then format('select pg_terminate_backend(%s);', h.name)
                   when 'prepared' then format('rollback prepared %L;', h.name)
                   else format('select pg_drop_replication_slot(%L);', h.name) end as command
  from rolecall.snapshots_held() h;
comment on view rolecall.snapshots is
  'What keeps dead rows from being removed: transactions of sessions, prepared transactions and replication slots.';
comment on column rolecall.snapshots.kind is 'session, prepared (a transaction of two-phase commit) or slot (of replication).';
comment on column rolecall.snapshots.name is 'A process id, a prepared transaction''s name or a slot''s.';
comment on column rolecall.snapshots.since is
  'When it began; null: a slot does not say, or the schema''s owner may not see it (grant pg_read_all_stats).';
comment on column rolecall.snapshots.transactions is 'How many transactions began since.';
comment on column rolecall.snapshots.command is
  'Ends it. What it was doing is undone; a standby that needs the slot must be made anew.';
