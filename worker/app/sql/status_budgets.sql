-- status_budgets: how fast all workers together may call WorkOS now, and how far 429 slowed them.
-- Called by:  read_status and read_gauges (worker/app/status.cpp).     Answers: a row per rate class.
-- Relies on:  the view rolecall.budgets.
-- Holds:      nothing is locked or changed.
select class, calls_per_s, factor::float8 as factor, throttled,
       extract(epoch from quiet_until - clock_timestamp())::float8 as quiet_s
  from rolecall.budgets order by class
