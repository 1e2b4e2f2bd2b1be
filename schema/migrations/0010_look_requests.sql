-- oldest program: 0.1.0
-- Logins ask for a look at WorkOS. Applications never touch what workers write: they leave a request here.

create table rolecall.look_requests (
  id bigint generated always as identity primary key,
  organization_id text collate "C" not null,
  subject text collate "C" not null,
  reason text not null check (reason in ('login', 'request')),
  seen jsonb,
  seen_at text collate "C",
  unresolved jsonb not null default '{}',
  asked_at timestamptz not null default clock_timestamp()
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index look_requests_by_subject on rolecall.look_requests (subject);
comment on table rolecall.look_requests is 'Subjects that somebody asked to have read at WorkOS; taken by the next worker, within a second.';
comment on column rolecall.look_requests.id is 'Order of asking.';
comment on column rolecall.look_requests.organization_id is 'Whose it is.';
comment on column rolecall.look_requests.subject is 'The member to look at.';
comment on column rolecall.look_requests.reason is 'login: a session token says something else than was seen; request: request_member_sync.';
comment on column rolecall.look_requests.seen is 'A member that was not known: what the token said, until WorkOS has been read.';
comment on column rolecall.look_requests.seen_at is 'When the token said it.';
comment on column rolecall.look_requests.unresolved is 'Slugs of the token that nobody here knows, with that time.';
comment on column rolecall.look_requests.asked_at is 'When it was asked.';

-- Somebody waits for these; they are read before all others.
create index observed_asked on rolecall.observed (verify_at) where verify_reason in ('login', 'request');
