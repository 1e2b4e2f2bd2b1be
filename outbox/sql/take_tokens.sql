-- take_tokens: up to $2 calls of rate class $1 that no other replica makes.
-- Called by:  PgStore::take_tokens, whenever somebody waits to call WorkOS.   Answers: one row.
-- Relies on:  provider_pace_pkey, provider_budgets_pkey.
-- Holds:      I11: all replicas together stay inside one budget.
select tokens, first_in_us, every_us, ask_again_ms from rolecall.take_tokens_v1($1::text, $2::int)
