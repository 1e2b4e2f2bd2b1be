-- linked_sample: a few linked organizations, as WorkOS names them.
-- Called by:  run at its start, and preflight (worker/app/environment_sample.cpp).     Answers: up to six rows.
-- Relies on:  rolecall.linked_sample_v1.
-- Holds:      nothing is locked or changed.
select s as workos_organization_id from rolecall.linked_sample_v1() s order by 1
