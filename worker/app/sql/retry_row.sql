-- retry_row: makes one change due at once, if it is still the newest of its subject.
-- Called by:  retry (worker/app/commands.cpp).     Answers: requeued, already due, in flight, settled or
--             superseded by <id>.
-- Relies on:  rolecall.retry(bigint).
-- Holds:      I3: what something newer replaced is not said again.
select rolecall.retry($1::bigint) as answer
