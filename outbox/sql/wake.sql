-- wake: up to $1 lanes whose wait is over, or lasted too long, become due; the walk begins at $2.
-- Called by:  PgStore::wake, after each settle and each second.   Answers: one row, a document.
-- Relies on:  lanes_waiting, lanes_waiting_until (partial).
-- Holds:      I12: every wait ends.
select rolecall.wake_v1($1::int, $2::text[])::text as woken
