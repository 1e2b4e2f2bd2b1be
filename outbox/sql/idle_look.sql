-- idle_look: all that a worker which sleeps asks, at once: wake, rescue, next_due, and upkeep where $4 says so.
-- Called by:  PgStore::idle_look, once a second while nothing is due.   Answers: one row, as each of the four does.
-- Relies on:  what each of them relies on; they run in this order, wake first.
-- Holds:      I12: whatever is due is seen within a second, also when a notification was lost.
select w.woken, w.walked_to, rolecall.rescue_v1($1::bigint)::text as report,
       case when $4::boolean then rolecall.maintain_v1($1::bigint) else 0 end as done,
       rolecall.next_due_v1($1::bigint)::text as next
  from rolecall.wake_v2($2::int, $3::text) w
