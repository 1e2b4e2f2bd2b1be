-- retry_subject: makes the newest change of a subject due at once.
-- Called by:  retry (worker/app/commands.cpp).     Answers: as retry_row.
-- Relies on:  rolecall.retry(text).
-- Holds:      I3: what something newer replaced is not said again.
select rolecall.retry($1::text) as answer
