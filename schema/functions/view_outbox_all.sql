-- outbox_all: what became of every version, derived; no row is ever rewritten to say it.
-- Called by:  people, explain, `rolecall status`.
-- Relies on:  outbox_pkey, outbox_history_by_id, lanes_pkey, outbox_attempts_by_subject,
--             sends_by_subject, confirmations_pkey.
-- Holds:      I5: every version is pending, leased, retrying, held, dead, delivered, superseded or
--             cancelled.
create or replace view rolecall.outbox_all as
select x.id, x.organization_id, x.subject, x.version, x.kind, x.priority,
       case
         when x.version = l.leased_version then 'leased'
         when x.version = l.wanted_version and l.state = 'held' then 'held'  -- also what was said: by the mass-revoke guard
         when x.version = l.delivered_version or done.at is not null then 'delivered'
         when x.version < l.wanted_version or newer.id is not null then 'superseded'
         when x.taken_at is null then 'pending'
         when l.state = 'idle' then case l.ended when 'observed' then 'superseded' else l.ended end
         when l.state = 'due' then case when l.attempts > 0 or l.failure_class is not null then 'retrying' else 'pending' end
         else coalesce(l.state, 'pending') end as state,
       x.desired, x.enqueued_at, x.taken_at, coalesce(sent.leased_at, done.at) as sent_at, done.at as delivered_at,
       c.effective_at, c.confirmed_at, x.enqueued_by, x.reason,
       case when done.at is null and x.version is distinct from l.delivered_version
             and x.version is distinct from l.leased_version
            then coalesce(newer.id, case when x.version < l.wanted_version then l.wanted_id end) end as superseded_by,
       case when x.version = l.wanted_version then l.next_attempt_at end as next_attempt_at,
       case when x.version = l.wanted_version then l.attempts else 0 end as attempts,
       case when x.version = l.wanted_version then l.failure_class end as failure_class,
       case when x.version = l.wanted_version then l.failure_code end as failure_code,
       coalesce(c.request_id, done.request_id) as request_id
  from (select o.id, o.organization_id, o.subject, o.version, o.kind, o.priority, o.desired, o.enqueued_at,
               null::timestamptz as taken_at, o.enqueued_by, o.reason from rolecall.outbox o
        union all
        select h.id, h.organization_id, h.subject, h.version, h.kind, h.priority, h.desired, h.enqueued_at,
               h.taken_at, h.enqueued_by, h.reason from rolecall.outbox_history h) x
  left join rolecall.lanes l on l.subject = x.subject
  left join rolecall.confirmations c on c.subject = x.subject and c.version = x.version
  left join lateral (select a.at, a.request_id from rolecall.outbox_attempts a
                      where a.subject = x.subject and a.version = x.version and a.outcome = 'delivered'
                      order by a.id limit 1) done on true
  left join lateral (select min(s.leased_at) as leased_at from rolecall.sends s
                      where s.subject = x.subject and s.version = x.version) sent on true
  left join lateral (select o.id from rolecall.outbox o where o.subject = x.subject and o.version > x.version
                      order by o.version desc limit 1) newer on true;
comment on view rolecall.outbox_all is
  'Every version that was enqueued (back to provider_control.history_days) and what became of it.';
comment on column rolecall.outbox_all.state is
  'pending, leased, retrying, held, dead, delivered, superseded (by superseded_by, or WorkOS '
  'held it already) or cancelled.';
comment on column rolecall.outbox_all.sent_at is
  'When it was first leased to be sent, while that is on record; else when it was delivered.';
comment on column rolecall.outbox_all.effective_at is
  'Since when it is in force, as WorkOS wrote it.';
comment on column rolecall.outbox_all.confirmed_at is
  'When it was seen at WorkOS with nothing on its way.';
comment on column rolecall.outbox_all.superseded_by is
  'The outbox id of the newest version, which is said instead.';

create or replace view rolecall.outbox_status as
select x.state, x.kind, count(*) as rows, min(x.due) as oldest_due, min(x.enqueued_at) as oldest_enqueued
  from (select case when l.state = 'due' then case when l.attempts > 0 or l.failure_class is not null then 'retrying' else 'pending' end
                    when l.state = 'idle' then case when l.ended = 'cancelled' then 'cancelled' else 'delivered' end
                    else l.state end as state,
               l.kind, case when l.state = 'due' and l.waits_on is null and l.look_after is null then l.next_attempt_at end as due,
               l.enqueued_at
          from rolecall.lanes l
        union all
        select 'pending', o.kind, o.enqueued_at, o.enqueued_at from rolecall.outbox o) x
 group by x.state, x.kind;
comment on view rolecall.outbox_status is
  'How many rows are in which state: the newest version of every subject, and what no worker '
  'has taken in yet.';
comment on column rolecall.outbox_status.oldest_due is
  'The earliest time at which one of them was, or will be, due.';
comment on column rolecall.outbox_status.oldest_enqueued is 'When the oldest of them was enqueued.';
