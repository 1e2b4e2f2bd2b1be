-- wake: up to $1 lanes whose wait is over, or lasted too long, become due; the walk over blockers begins after $2.
-- Called by:  PgStore::wake, after each settle and each second.   Answers: one row, how many, and where to go on.
-- Relies on:  lanes_waiting, lanes_waiting_until (partial).
-- Holds:      I12: every wait ends.
select woken, walked_to from rolecall.wake_v2($1::int, $2::text)
