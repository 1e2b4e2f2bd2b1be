-- retry_dead: makes dead changes due, of organization $1 and with failure class $2 where they are given.
-- Called by:  retry --dead (worker/app/commands.cpp), until it answers less than a batch.     Answers: how many.
-- Relies on:  rolecall.retry_dead.
-- Holds:      I3: what something newer replaced is not said again.
select rolecall.retry_dead($1, $2, $3::int) as requeued
