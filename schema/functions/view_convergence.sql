-- convergence, convergence_summary: whether both sides agree, subject by subject, and how far apart
-- they are.
-- Called by:  people, `rolecall status`, the demonstration's proof.
-- Relies on:  subjects, lanes, observed, guard_holds by primary key.
-- Holds:      I12: confirmed means seen at WorkOS with nothing on its way.
create or replace view rolecall.convergence as
select s.organization_id, s.subject, s.version as desired_version,
       coalesce(l.delivered_version, 0) as delivered_version, coalesce(o.confirmed_version, 0) as confirmed_version,
       x.state,
       case x.state when 'confirmed' then o.confirmed_at when 'pending' then s.updated_at
                    else coalesce(l.state_since, s.updated_at) end as since,
       case when x.state = 'confirmed' then greatest(o.confirmed_at - s.updated_at, interval '0')
            else clock_timestamp() - s.updated_at end as lag
  from rolecall.subjects s
  left join rolecall.lanes l on l.subject = s.subject
  left join rolecall.observed o on o.subject = s.subject
  left join rolecall.guard_holds h on h.subject = s.subject and h.version = s.version and h.held
 cross join lateral (select case
         -- WorkOS showed less, and here nothing was taken away yet
         when h.subject is not null and l.state = 'held' and l.wanted_version = s.version
           then case when h.approved_at is null then 'attention' else 'pending' end
         when o.confirmed_version >= s.version then 'confirmed'
         when o.reduce_failure is not null or (l.wanted_version = s.version
              and (l.state in ('held', 'dead') or l.ended = 'cancelled')) then 'attention'
         when l.state = 'idle' and (l.wanted_version = s.version or o.echoed_version >= l.wanted_version) then 'delivered'
         else 'pending' end as state) x;
comment on view rolecall.convergence is
  'One row per subject: what should be, what was said, what was seen.';
comment on column rolecall.convergence.desired_version is 'The newest local version.';
comment on column rolecall.convergence.delivered_version is
  'The newest version said to WorkOS in full.';
comment on column rolecall.convergence.confirmed_version is
  'The newest version seen there with nothing on its way.';
comment on column rolecall.convergence.state is
  'confirmed, delivered (said, not seen yet), pending, or attention (see rolecall.attention).';
comment on column rolecall.convergence.since is 'Since when it is in this state.';
comment on column rolecall.convergence.lag is 'From the change to its confirmation, or until now.';

create or replace view rolecall.convergence_summary as
select c.organization_id, count(*) as subjects,
       count(*) filter (where c.state = 'confirmed') as confirmed, count(*) filter (where c.state = 'delivered') as delivered,
       count(*) filter (where c.state = 'pending') as pending, count(*) filter (where c.state = 'attention') as attention,
       min(c.since) filter (where c.state <> 'confirmed') as oldest
  from rolecall.convergence c group by c.organization_id;
comment on view rolecall.convergence_summary is 'rolecall.convergence counted per organization.';
comment on column rolecall.convergence_summary.oldest is
  'Since when the oldest subject is not confirmed; null: all are.';
