-- preflight_data: what is compared with WorkOS.
-- Called by:  preflight (worker/app/preflight/look_at_postgres.cpp).     Answers: one row.
-- Relies on:  rolecall.preflight_data.
-- Holds:      nothing is locked or changed.
select linked, default_role_slug, array_to_string(role_slugs, ' ') as role_slugs, multiple_roles, several_roles,
       refused_several, events_enabled, events_started, events_read_s, events_kept_s, events_failing_s, events_gap,
       events_result, events_parked
  from rolecall.preflight_data()
