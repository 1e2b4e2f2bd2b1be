-- event_stream_status: how the pull of WorkOS's events stands.
-- Called by:  people, metrics.
-- Relies on:  one-row tables, inbox_by_subject, inbox_by_object, workos_organization_syncs_parked.
-- Holds:      nothing; it only shows.
create or replace view rolecall.event_stream_status as
select case when not s.enabled then 'off' when e.gap_since is not null then 'gap'
            when e.failing_since is not null then 'failing' else 'on' end as state,
       e.started_from, e.pulled_at, c.last_event_id, c.last_event_at, s.last_result,
       case when s.enabled then extract(epoch from now() - coalesce(e.pulled_at, e.started_from))::float8 end as lag_s,
       -- each by an index of its own: most of the inbox was applied long ago
       (select count(*) from rolecall.inbox i where i.applied_at is null and i.subject is not null)
         + (select count(*) from rolecall.inbox i where i.applied_at is null and i.subject is null) as waiting,
       (select count(*) from rolecall.workos_organization_syncs r where r.parked_at is not null) as parked
  from rolecall.event_stream e
  join rolecall.schedules s on s.name = 'pull_events'
  left join rolecall.workos_user_syncs c on true;
comment on view rolecall.event_stream_status is 'The event stream, one row: whether it is followed, and how far.';
comment on column rolecall.event_stream_status.state is
  'off, on, failing (every pull since event_stream.failing_since did) or gap (events may be lost: rolecall.start_events).';
comment on column rolecall.event_stream_status.lag_s is
  'Seconds since the pull that last read the stream to its end; null: it is off.';
comment on column rolecall.event_stream_status.waiting is 'Rows of the inbox that were not applied yet.';
comment on column rolecall.event_stream_status.parked is 'Organizations that stand still at an event that cannot be applied.';
