-- preflight_slots: replication slots that nobody reads, and how much WAL is kept for each.
-- Called by:  preflight (worker/app/preflight/look_at_postgres.cpp).     Answers: a row per slot, the dearest first.
-- Relies on:  pg_replication_slots.
-- Holds:      nothing is locked or changed.
select s.slot_name, pg_wal_lsn_diff(
         case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, s.restart_lsn)::bigint as kept_bytes
  from pg_replication_slots s where not s.active and s.restart_lsn is not null
 order by 2 desc
