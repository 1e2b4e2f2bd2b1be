-- wake: up to $1 lanes whose wait is over, or lasted too long, become due.
-- Called by:  PgStore::wake, after each settle and each second.   Answers: one row, how many.
-- Relies on:  lanes_waiting, lanes_waiting_until (partial).
-- Holds:      I12: every wait ends.
select rolecall.wake_v1($1::int) as woken
