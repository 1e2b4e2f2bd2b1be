-- oldest program: 0.1.0
-- Intake walks organizations, so that a backlog of one does not stand before the rows of the others.

create index outbox_by_organization on rolecall.outbox (priority, organization_id, id);

-- These are made anew with one argument more: where their walks begin.
drop function if exists rolecall.take_in_v1(int);
drop function if exists rolecall.lease_due_v1(bigint, int, int, text[]);
drop function if exists rolecall.wake_v1(int);
drop function if exists rolecall.lease_lanes_v1(bigint, smallint, int, int, text[]);
