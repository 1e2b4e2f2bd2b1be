-- oldest program: 0.1.0
-- Turns of 100,000 organizations: the next one is found by a few probes. And a pass marks each note once: with room on its
-- page a note is changed in place.

alter table rolecall.schedules add column reached text collate "C" not null default '';
comment on column rolecall.schedules.reached is 'reconcile: the organization that had the last turn; they have theirs in the order of their ids.';
create index organizations_compared on rolecall.organizations (id)
  where workos_organization_id is not null and disabled_at is null;
create index reconciliations_open on rolecall.reconciliations (begun_at) where ended_at is null;

alter table rolecall.reconcile_notes set (fillfactor = 50);
comment on column rolecall.reconcile_notes.version is 'Its version then; 0: a row of the mirror that has no subject, or a subject that was made since.';
comment on column rolecall.reconciliations.unjudged is 'Subjects that it could not judge: they changed each time it looked, the event stream did not reach past the read, or WorkOS did not answer for them; of what nobody here knows, its key at WorkOS.';
