-- preflight_server: the server, its connections, and how it is replicated.
-- Called by:  preflight (worker/app/preflight/look_at_postgres.cpp).     Answers: one row.
-- Relies on:  the server's own views; without the rights of pg_monitor the states of standby servers are null.
-- Holds:      nothing is locked or changed; rolecall's schema need not be there.
select current_setting('server_version') as version,
       current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint
         - coalesce(current_setting('reserved_connections', true)::bigint, 0) as server_most,
       a.server_used, d.datconnlimit as database_most, a.database_used, r.rolconnlimit as role_most, a.role_used,
       pg_is_in_recovery() as in_recovery,
       case when current_setting('synchronous_commit') in ('off', 'local') or s.names = '' then 0
            else coalesce(substring(s.names from '^(?:first\s+|any\s+)?(\d+)\s*\(')::bigint, 1) end as required,
       w.standbys, w.synchronous, w.states_hidden, w.lag_s
  from pg_database d, pg_roles r,
       lateral (select lower(btrim(current_setting('synchronous_standby_names'))) as names) s,
       lateral (select count(*) as server_used, count(*) filter (where x.datid = d.oid) as database_used,
                       count(*) filter (where x.usesysid = r.oid) as role_used
                  from pg_stat_activity x where x.datid is not null and x.pid <> pg_backend_pid()) a,
       lateral (select count(*) as standbys, count(*) filter (where x.sync_state in ('sync', 'quorum')) as synchronous,
                       coalesce(bool_or(x.state is null), false) as states_hidden,
                       extract(epoch from max(x.replay_lag)) as lag_s
                  from pg_stat_replication x where x.state is distinct from 'backup') w
 where d.datname = current_database() and r.rolname = current_user
