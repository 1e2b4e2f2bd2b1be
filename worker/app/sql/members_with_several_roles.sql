-- members_with_several_roles: $1 members who hold several roles, as WorkOS names them.
-- Called by:  preflight (worker/app/preflight/look_at_workos.cpp).     Answers: a row per member.
-- Relies on:  rolecall.members_with_several_roles.
-- Holds:      nothing is locked or changed.
select workos_organization_id, workos_user_id from rolecall.members_with_several_roles($1::int)
