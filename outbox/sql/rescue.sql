-- rescue: looks for workers that are gone, and frees what they had leased.
-- Called by:  PgStore::rescue, each 200 ms while another worker holds leases, else with the idle look.   Answers: one row, a document.
-- Relies on:  worker_sessions_live, lanes_leased, lanes_lease_end (partial).
-- Holds:      I6: two looks, 750 ms apart; nothing of a live worker's.
select rolecall.rescue_v1($1::bigint)::text as report
