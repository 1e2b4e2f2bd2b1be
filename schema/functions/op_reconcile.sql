-- plan, drift, reconciliation_status: what the last reconciliation of each organization found.
-- Called by:  operators, metrics.
-- Relies on:  reconcile_findings_pkey, reconcile_findings_by_class, reconciliations_by_check; subjects_pkey,
--             subjects_by_object, observed_pkey.
-- Holds:      nothing; they only show.
create or replace function rolecall.drift_words(class text) returns text
language sql immutable strict parallel safe as $$
  select case $1
    when 'pending' then 'an outbox row, or a fact that the reducer has not taken yet, is on its way'
    when 'stopped' then 'what would end it is held, dead or cancelled: rolecall.attention has the command'
    when 'lost_write' then 'we delivered it, and WorkOS does not have it'
    when 'late_write' then 'an older version of ours was applied after a newer one'
    when 'external_edit' then 'it was changed at WorkOS, by somebody else'
    when 'missing_there' then 'it is here, and gone at WorkOS'
    when 'missing_here' then 'it is at WorkOS, and not here'
    when 'directory_managed' then 'a directory decides about this membership'
    when 'unresolved_role' then 'the member has a role at WorkOS that nobody here knows'
    when 'pending_invitation' then 'the invitation was not accepted yet'
    when 'unsaid' then 'the tables here were changed around the functions, and no version says so'
  end
$$;
comment on function rolecall.drift_words(text) is 'What a class of difference means, in words.';

create or replace function rolecall.plan(organization_id text)
returns table (class text, family text, name text, subject text, fields text[], wanted jsonb, shown jsonb, action text,
               calls int, seconds double precision, changed_by text, changed_at timestamptz, changed_how text,
               workos_updated_at text, detail text, since timestamptz, seen_at timestamptz, applied text)
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  perform rolecall.require_organization(plan.organization_id);
  return query
  select f.class, f.family, f.name, f.subject, f.fields, f.local_value, f.remote_value, f.action, f.calls, f.seconds,
         f.local_by, f.local_at, concat_ws(': ', f.local_action, f.local_reason), f.remote_updated_at,
         concat_ws('; ', rolecall.drift_words(f.class), nullif(f.detail, '')), f.first_seen_at, f.last_seen_at, f.applied
    from rolecall.reconcile_findings f
   where f.organization_id = plan.organization_id
   order by f.class = 'pending', f.family = 'member', f.class, f.name;
end $$;
comment on function rolecall.plan(text) is
  'What the last reconciliation of the organization found to differ: wanted (here) and shown (at WorkOS; null: absent), '
  'what repairs it and its cost, who last changed it here. Raises 42501 (app.org_id is another).';

create or replace view rolecall.drift as
select f.organization_id, f.subject, f.family, f.name, f.class, f.fields, rolecall.drift_words(f.class) as meaning,
       clock_timestamp() - f.first_seen_at as age, f.first_seen_at as since, f.last_seen_at as seen_at,
       f.local_value as wanted, f.remote_value as shown, f.action, f.calls, f.seconds, f.applied_at, f.applied
  from rolecall.reconcile_findings f
  join rolecall.organizations g on g.id = f.organization_id and g.workos_organization_id is not null and g.disabled_at is null
 where f.class <> 'pending'
   -- a version cannot tell that those two are over
   and (f.applied_at is null or f.class in ('unsaid', 'unresolved_role') or not exists (
     select from rolecall.subjects s join rolecall.observed o on o.subject = s.subject
      where (s.subject = f.subject or s.object_key = f.subject)
        and o.confirmed_version >= s.version and o.confirmed_at > f.last_seen_at));
comment on view rolecall.drift is
  'All known differences between here and WorkOS that are not on their way to an end, as each organization''s last '
  'reconciliation found them; but for what was repaired, and seen to agree since. Of organizations that are linked and not disabled.';
comment on column rolecall.drift.age is 'Since it was first found to be so.';
comment on column rolecall.drift.wanted is 'What is wanted here; null: absent.';
comment on column rolecall.drift.shown is 'What WorkOS showed; null: absent.';
comment on column rolecall.drift.applied is 'What became of its last repair; null: none was begun.';

create or replace view rolecall.reconciliation_status as
select count(*) as organizations, count(r.checked_at) as checked,
       count(*) filter (where r.failure is not null) as failing, min(r.checked_at) as oldest_check,
       extract(epoch from clock_timestamp() - min(r.checked_at))::float8 as oldest_check_s,
       coalesce(min(d.differences), 0) as differences, min(d.oldest_drift_s) as oldest_drift_s
  from (select count(*) as differences, extract(epoch from max(age))::float8 as oldest_drift_s from rolecall.drift) d
 cross join rolecall.organizations o
  left join rolecall.reconciliations r on r.organization_id = o.id
 where o.workos_organization_id is not null and o.disabled_at is null;
comment on view rolecall.reconciliation_status is 'How reconciliation stands, one row: organizations linked, and compared so far.';
comment on column rolecall.reconciliation_status.organizations is 'Organizations that are linked and not disabled.';
comment on column rolecall.reconciliation_status.checked is 'Of these, compared in full at least once.';
comment on column rolecall.reconciliation_status.failing is 'Of these, whose last pass did not read all.';
comment on column rolecall.reconciliation_status.oldest_check_s is
  'Seconds since the one was compared whose last check is oldest; null: none was yet.';
comment on column rolecall.reconciliation_status.oldest_drift_s is 'Age of the oldest difference; null: there is none.';
