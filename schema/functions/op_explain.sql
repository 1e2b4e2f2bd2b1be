-- explain: one outbox row's whole story, in words.
-- Called by:  people; `rolecall explain`.
-- Relies on:  the view outbox_all; lanes_pkey, outbox_attempts_by_subject, audit_log_by_subject.
-- Holds:      changes nothing.
create or replace function rolecall.explain(id bigint) returns setof text
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off set timezone = 'UTC' as $$
#variable_conflict use_column
declare
  r record;
  lane rolecall.lanes;
begin
  select x.* into r from rolecall.outbox_all x where x.id = explain.id;
  if r.id is null then
    raise exception 'there is no outbox row %', id
      using errcode = 'P0002', hint = 'select id, subject, state from rolecall.outbox_all shows what there is.';
  end if;
  select l.* into lane from rolecall.lanes l where l.subject = r.subject;
  return next format('Outbox row %s: version %s of %s (organization %s), %s. It is %s.',
                     r.id, r.version, r.subject, r.organization_id, r.kind, r.state);
  return next format('Enqueued %s by %s%s, priority %s.', rolecall.when_said(r.enqueued_at), r.enqueued_by,
                     coalesce(': ' || r.reason, ''), r.priority);
  return next format('It says: %s', r.desired);
  return next case when r.taken_at is null then 'No worker has taken it in yet.'
                   else format('Taken in %s.', rolecall.when_said(r.taken_at)) end;
  return query select rolecall.explain_waits(lane) where lane.wanted_version = r.version and lane.waits_on is not null;
  return query
    select case when a.outcome = 'delivered' then format('Delivered %s, request %s.', rolecall.when_said(a.at), coalesce(a.request_id, 'none'))
                else format('Attempt %s: %s -> %s', rolecall.when_said(a.at),
                            concat_ws(', ', a.failure_class, a.failure_code, 'HTTP ' || a.http_status, a.failure_detail, 'request ' || a.request_id),
                            a.outcome) end
      from rolecall.outbox_attempts a where a.subject = r.subject and a.version = r.version order by a.id;
  if r.confirmed_at is not null then
    return next format('Seen at WorkOS %s%s: confirmed.', rolecall.when_said(r.confirmed_at),
                       coalesce(', in force there since ' || r.effective_at, ''));
  elsif r.state = 'delivered' then
    return next 'Not confirmed yet: a read of WorkOS is due, or something newer came.';
  end if;
  return query
    select format('%s %s by %s%s.', initcap(replace(a.action, '_', ' ')), rolecall.when_said(a.at), a.actor, coalesce(': ' || a.reason, ''))
      from rolecall.audit_log a
     where a.subject = r.subject and a.version = r.version and a.action in ('retry', 'hold', 'release', 'cancel', 'mass_revoke_held',
                                                                          'mass_revoke_over', 'approve_hold') order by a.id;
  return next rolecall.explain_state(r.state, r.id, r.superseded_by, lane);
end $$;
comment on function rolecall.explain(bigint) is
  'Tells an outbox row''s whole story in words. Raises P0002 for an unknown id.';

create or replace function rolecall.explain(subject text) returns setof text
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select rolecall.explain(rolecall.newest_id($1))
$$;
comment on function rolecall.explain(text) is 'explain of a subject''s newest version.';

create or replace function rolecall.when_said(at timestamptz) returns text
language sql stable strict as $$
  select to_char($1 at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') || 'Z'
$$;
comment on function rolecall.when_said(timestamptz) is 'A time as people read it.';

create or replace function rolecall.explain_waits(lane rolecall.lanes) returns text
language sql stable as $$
  select case when (lane).waits_on like 'member:%:*'
           then format('It waits until every member change enqueued before row %s is delivered', (lane).waits_version)
           else format('It waits for version %s of %s', (lane).waits_version, (lane).waits_on) end
         || format(', until %s at the latest.', rolecall.when_said((lane).wait_until))
$$;
comment on function rolecall.explain_waits(rolecall.lanes) is 'What a lane waits for, in words.';

create or replace function rolecall.explain_state(state text, id bigint, superseded_by bigint, lane rolecall.lanes) returns text
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select case
    when $1 = 'superseded' and $3 is not null then format('Row %s is newer and is said instead; nothing needs to be done.', $3)
    when $1 = 'superseded' then 'WorkOS held this state already; nothing had to be said.'
    when $1 = 'delivered' then 'Nothing needs to be done.'
    when $1 = 'leased' then format('Worker %s is saying it now; its lease ends %s.', (lane).leased_by, rolecall.when_said((lane).lease_expires_at))
    when $1 = 'dead' then format('WorkOS will not accept it as it stands. When the cause is gone: select rolecall.retry(%s);', $2)
    when $1 = 'held' and (lane).failure_code = 'mass_revoke' then
      format('The mass-revoke guard holds it: %s. select rolecall.approve_hold(%s, ''why''); agrees to it.', (lane).failure_detail, $2)
    when $1 = 'held' then format('It waits for a person: %s. select rolecall.release(%s); or select rolecall.cancel(%s, ''why'');',
                               coalesce((lane).failure_detail, (lane).failure_code, 'no reason was kept'), $2, $2)
    when $1 = 'cancelled' then format('It was cancelled. A new change of the subject, or select rolecall.retry(%s); says it again.', $2)
    when (lane).look_after is not null then 'It waits for a look at WorkOS, which decides what is to be done.'
    when (select g.mode from rolecall.provider_gate_v1() g) <> 'up' then
      format('The provider is %s; it goes on when that ends.', (select g.mode from rolecall.provider_gate_v1() g))
    else format('It is due %s. To try at once: select rolecall.retry(%s);',
                coalesce(rolecall.when_said((lane).next_attempt_at), 'now'), $2) end
$$;
comment on function rolecall.explain_state(text, bigint, bigint, rolecall.lanes) is
  'What would help an outbox row on, in words.';
