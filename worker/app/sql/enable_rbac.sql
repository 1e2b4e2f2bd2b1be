-- enable_rbac: enforces roles in organization $1.
-- Called by:  enable-rbac (worker/app/enable_rbac_command.cpp).     Answers: one row.
-- Relies on:  rolecall.enable_rbac.
-- Holds:      twice is the same as once.
select rolecall.enable_rbac($1) as answer
