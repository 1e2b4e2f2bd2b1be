-- record_events: a page of events goes into the inbox, and the cursor moves with it.
-- Called by:  PgStore::record_events, once for each page.   Answers: one row, a document.
-- Relies on:  inbox's unique (event_id, family).
-- Holds:      the cursor is compared and set with the events, in one transaction.
select rolecall.record_events_v1($1::bigint, $2::jsonb)::text as recorded
