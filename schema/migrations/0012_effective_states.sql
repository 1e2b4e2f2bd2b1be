-- oldest program: 0.1.0
-- Who held which role when: what each membership was at WorkOS, and since when, is kept for ever.

create table rolecall.effective_states (
  id bigint generated always as identity primary key,
  subject text collate "C" not null,
  organization_id text collate "C" not null,
  since timestamptz not null,
  unknown_from timestamptz,
  present boolean not null,
  incarnation text collate "C",
  incarnation_created_at timestamptz,
  status text collate "C",
  roles text[] collate "C" not null default '{}',
  source text collate "C" not null check (source in ('event', 'read', 'answer')),
  actor text not null default '',
  event_id text collate "C",
  event_seq bigint,
  recorded_at timestamptz not null default clock_timestamp(),
  check ((source = 'event') = (event_id is not null)),
  check (present <= (incarnation is not null))
);
create index effective_states_by_subject on rolecall.effective_states (subject);
comment on table rolecall.effective_states is 'What memberships were at WorkOS, and since when, and when roles ended there: answers and reads as they are reduced, events when they leave the inbox. Kept for ever.';
comment on column rolecall.effective_states.id is 'Order of writing.';
comment on column rolecall.effective_states.subject is 'The member; or a role, of which only ends are kept.';
comment on column rolecall.effective_states.organization_id is 'Whose it is.';
comment on column rolecall.effective_states.since is 'Since when it was so, by WorkOS''s clock; of an end that no event told: when it was first known.';
comment on column rolecall.effective_states.unknown_from is 'An end that no event told came after this; null: it came at since.';
comment on column rolecall.effective_states.present is 'A membership was there; false: it had ended, or there was none.';
comment on column rolecall.effective_states.incarnation is 'om_... at WorkOS: which membership was there, or ended; null: none was known.';
comment on column rolecall.effective_states.incarnation_created_at is 'created_at of that membership at WorkOS.';
comment on column rolecall.effective_states.status is 'active, inactive or pending: only an active membership has its roles.';
comment on column rolecall.effective_states.roles is 'Slugs, as WorkOS showed them then.';
comment on column rolecall.effective_states.source is 'event, read or answer: what showed it.';
comment on column rolecall.effective_states.actor is 'api, dashboard, admin_portal or system; empty: WorkOS did not say.';
comment on column rolecall.effective_states.event_id is 'The event that told it.';
comment on column rolecall.effective_states.event_seq is 'The event''s place in the stream.';
comment on column rolecall.effective_states.recorded_at is 'When it was known here.';

-- What is known of members today begins their history.
insert into rolecall.effective_states (
  subject, organization_id, since, present, incarnation, incarnation_created_at, status, roles, source, recorded_at)
select o.subject, o.organization_id,
       case when o.seen is not null and o.seen_at ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d' then o.seen_at::timestamptz
            else clock_timestamp() end,
       o.seen is not null and o.incarnation is not null, o.incarnation,
       case when o.incarnation_created_at ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d' then o.incarnation_created_at::timestamptz end,
       o.seen_status,
       array(select jsonb_array_elements_text(o.seen -> 'roles')),
       'read', clock_timestamp()
  from rolecall.observed o where o.subject like 'member:%' and o.looked;

alter table rolecall.confirmations add column sent_at timestamptz;
comment on column rolecall.confirmations.sent_at is 'When the answer to the write that brought it was recorded, if known.';

-- Tombstones of one member; grants pay nothing for it.
create index organization_role_assignments_past on rolecall.organization_role_assignments (organization_id, workos_user_id)
  where deleted_at is not null;
