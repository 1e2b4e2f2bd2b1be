-- worker_settings: what the database decides and the workflows need, and whether a statement may run for ever.
-- Called by:  run, once at its start (worker/app/run.cpp).     Answers: one row.
-- Relies on:  rolecall.provider_control; statement_timeout is '0' when nobody set it.
-- Holds:      I9: a worker whose statements have no bound is refused.
select visibility_ms, default_role_slug, current_setting('statement_timeout') as statement_timeout
  from rolecall.provider_control
