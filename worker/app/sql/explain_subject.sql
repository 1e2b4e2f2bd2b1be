-- explain_subject: the story of a subject's newest change, a line at a time.
-- Called by:  explain (worker/app/commands.cpp).     Answers: lines of text.
-- Relies on:  rolecall.explain(text).
-- Holds:      nothing is locked or changed.
select line from rolecall.explain($1::text) as line
