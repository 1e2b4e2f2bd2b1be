-- next_due: is there work, and when is the next?
-- Called by:  PgStore::next_due, once a second by an idle worker.   Answers: one row, a document.
-- Relies on:  the partial indexes of lanes and observed, outbox_order; a few index probes in all.
-- Holds:      I12: whatever is due is seen within a second, also when a notification was lost.
select rolecall.next_due_v1($1::bigint)::text as next
