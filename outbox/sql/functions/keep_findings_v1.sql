-- keep_findings_v1, end_reconcile_v1: what a pass found is kept as it is found, and is the plan when it ends.
-- Called by:  PgReconcileStore::keep, end.
-- Relies on:  reconcile_findings_pkey, reconciliations_pkey, reconcile_notes_pkey.
-- Holds:      a pass that is interrupted leaves the findings of the one before it; nothing is forgotten that was not
--             compared again.
create or replace function rolecall.keep_findings_v1(organization_id text, pass bigint, findings jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  if not rolecall.reconcile_lives_v1(keep_findings_v1.organization_id, keep_findings_v1.pass) then
    return false;
  end if;
  insert into rolecall.reconcile_findings as f (
    organization_id, subject, family, name, class, fields, local_value, remote_value, version, local_by, local_at, local_action,
    local_reason, remote_updated_at, remote_status, detail, action, calls, seconds, pass)
  select distinct on (x.subject) keep_findings_v1.organization_id, x.subject, x.family, x.name, x.class,
         array(select jsonb_array_elements_text(x.fields)), nullif(x.local_value, 'null'), nullif(x.remote_value, 'null'),
         x.version, nullif(x.local_by, ''), nullif(x.local_at, '')::timestamptz, nullif(x.local_action, ''),
         nullif(x.local_reason, ''),
         nullif(x.remote_updated_at, ''), nullif(x.remote_status, ''), x.detail, x.action, x.calls, x.seconds,
         keep_findings_v1.pass
    from jsonb_to_recordset(keep_findings_v1.findings) as x (
      subject text, family text, name text, class text, fields jsonb, local_value jsonb, remote_value jsonb, version bigint,
      local_by text, local_at text, local_action text, local_reason text, remote_updated_at text, remote_status text,
      detail text, action text, calls int, seconds double precision)
   order by x.subject
  on conflict (organization_id, subject) do update
    set family = excluded.family, name = excluded.name, class = excluded.class, fields = excluded.fields,
        local_value = excluded.local_value, remote_value = excluded.remote_value, version = excluded.version,
        local_by = excluded.local_by, local_at = excluded.local_at, local_action = excluded.local_action,
        local_reason = excluded.local_reason, remote_updated_at = excluded.remote_updated_at,
        remote_status = excluded.remote_status, detail = excluded.detail, action = excluded.action,
        calls = excluded.calls, seconds = excluded.seconds, pass = excluded.pass, last_seen_at = clock_timestamp(),
        first_seen_at = case when f.class = excluded.class then f.first_seen_at else clock_timestamp() end;
  return true;
end $$;
comment on function rolecall.keep_findings_v1(text, bigint, jsonb) is
  'Keeps what a pass found to differ; what was found before in the same class keeps its age. False: fenced.';

create or replace function rolecall.end_reconcile_v1(organization_id text, pass bigint, report jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  failed text := nullif(report ->> 'failure', '');
  left_open text[] := array(select jsonb_array_elements_text(report -> 'unjudged'));
begin
  update rolecall.reconciliations r
     set ended_at = clock_timestamp(), failure = failed, calls = (report ->> 'calls')::int,
         compared = (report ->> 'compared')::int, unjudged = left_open,
         checked_at = case when failed is null then clock_timestamp() else r.checked_at end
   where r.organization_id = end_reconcile_v1.organization_id and r.pass = end_reconcile_v1.pass and r.ended_at is null;
  if not found then
    return false;
  end if;
  delete from rolecall.reconcile_notes n where n.organization_id = end_reconcile_v1.organization_id;
  if failed is null then
    delete from rolecall.reconcile_findings f
     where f.organization_id = end_reconcile_v1.organization_id and f.pass < end_reconcile_v1.pass
       and f.subject <> all (left_open);
  end if;
  return true;
end $$;
comment on function rolecall.end_reconcile_v1(text, bigint, jsonb) is
  'Ends a pass: what it no longer found is forgotten, unless it failed or could not judge it. False: fenced.';
