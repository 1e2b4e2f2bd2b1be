-- explain_row: the story of one outbox row, a line at a time.
-- Called by:  explain (worker/app/commands.cpp).     Answers: lines of text.
-- Relies on:  rolecall.explain(bigint).
-- Holds:      nothing is locked or changed.
select line from rolecall.explain($1::bigint) as line
