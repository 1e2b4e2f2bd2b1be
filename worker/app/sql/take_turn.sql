-- take_turn: one call of rate class $1 that no worker makes, or when to ask again.
-- Called by:  PacedTransport (worker/app/paced_transport.cpp).     Answers: one row.
-- Relies on:  rolecall.take_tokens_v1.
-- Holds:      I11: commands and workers together stay inside one budget.
select tokens, first_in_us, ask_again_ms from rolecall.take_tokens_v1($1::text, 1)
