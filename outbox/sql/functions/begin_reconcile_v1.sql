-- begin_reconcile_v1, note_again_v1: what is known here before WorkOS is read, so that what moves meanwhile is seen.
-- Called by:  PgReconcileStore::begin, note_again.
-- Relies on:  reconciliations_pkey, reconcile_notes_pkey; subjects_by_organization, lanes_pkey, sends_by_subject,
--             organization_memberships_pkey, organization_roles_by_organization.
-- Holds:      the discard rule's first half; one pass of an organization writes at a time: a newer one fences it.
create or replace function rolecall.begin_reconcile_v1(organization_id text, who text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  org rolecall.organizations;
  pass_now bigint;
begin
  select * into org from rolecall.organizations g where g.id = begin_reconcile_v1.organization_id;
  if org.workos_organization_id is null then
    return '{"found": false}';
  end if;
  insert into rolecall.reconciliations as r (organization_id, pass, begun_at, begun_by)
  values (org.id, 1, clock_timestamp(), who)
  on conflict (organization_id) do update
    set pass = r.pass + 1, begun_at = excluded.begun_at, begun_by = excluded.begun_by, ended_at = null
  returning r.pass into pass_now;
  delete from rolecall.reconcile_notes n where n.organization_id = org.id;
  insert into rolecall.reconcile_notes (organization_id, subject, version, delivered, send)
  select org.id, s.subject, s.version, coalesce(l.delivered_version, 0),
         coalesce((select d.id from rolecall.sends d where d.subject = s.subject order by d.id desc limit 1), 0)
    from rolecall.subjects s left join rolecall.lanes l on l.subject = s.subject
   where s.organization_id = org.id
  union all
  select org.id, x.subject, 0, 0, 0
    from (select m.subject from rolecall.organization_memberships m
           where m.organization_id = org.id and m.deleted_at is null
          union all
          select r.subject from rolecall.organization_roles r
           where r.organization_id = org.id and r.deleted_at is null) x
   where not exists (select from rolecall.subjects s where s.subject = x.subject offset 0);
  return jsonb_build_object('found', true, 'organization', org.id, 'workos', org.workos_organization_id,
    'pass', pass_now, 'now', rolecall.json_time_v1(clock_timestamp())) || rolecall.reconcile_pace_v1();
end $$;
comment on function rolecall.begin_reconcile_v1(text, text) is
  'Begins a pass over an organization: notes what is known of each of its subjects, and answers the pass and how '
  'fast WorkOS may be called. found: it is known, and linked.';

create or replace function rolecall.reconcile_pace_v1() returns jsonb
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select jsonb_build_object('visibility_ms', c.visibility_ms,
    'um_read_per_s', (select b.calls_per_s from rolecall.budgets b where b.class = 'um_read'),
    'um_write_per_s', (select b.calls_per_s from rolecall.budgets b where b.class = 'um_write'),
    'general_per_s', (select b.calls_per_s from rolecall.budgets b where b.class = 'general'))
    from rolecall.provider_control c
$$;
comment on function rolecall.reconcile_pace_v1() is
  'Part of begin_reconcile_v1: calls a second that are given out now, by rate class.';

create or replace function rolecall.reconcile_lives_v1(organization_id text, pass bigint) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
begin
  -- held until the caller has written; where a newer one is just beginning, this one is over
  perform from rolecall.reconciliations r
    where r.organization_id = $1 and r.pass = $2 and r.ended_at is null for share skip locked;
  return found;
end $$;
comment on function rolecall.reconcile_lives_v1(text, bigint) is
  'Whether this pass is the newest of the organization, and under way; it stays so until the transaction ends.';

create or replace function rolecall.note_again_v1(organization_id text, pass bigint, subjects text[]) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
begin
  if not rolecall.reconcile_lives_v1(note_again_v1.organization_id, note_again_v1.pass) then
    return '{"fenced": true}';
  end if;
  insert into rolecall.reconcile_notes as n (organization_id, subject, version, delivered, send, found)
  select note_again_v1.organization_id, u.subject, coalesce(s.version, 0), coalesce(l.delivered_version, 0),
         coalesce((select d.id from rolecall.sends d where d.subject = u.subject order by d.id desc limit 1), 0), true
    from (select distinct x collate "C" as subject from unnest(note_again_v1.subjects) x) u
    left join rolecall.subjects s on s.subject = u.subject
    left join rolecall.lanes l on l.subject = u.subject
   order by u.subject
  on conflict (organization_id, subject) do update
    set version = excluded.version, delivered = excluded.delivered, send = excluded.send, found = true;
  return jsonb_build_object('fenced', false, 'now', rolecall.json_time_v1(clock_timestamp()));
end $$;
comment on function rolecall.note_again_v1(text, bigint, text[]) is
  'Notes anew what is known of these subjects, which are read again. fenced: a newer pass has begun.';

create or replace function rolecall.reconcile_organizations_v1() returns setof text
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  return query
    select g.id from rolecall.organizations g left join rolecall.reconciliations r on r.organization_id = g.id
     where g.workos_organization_id is not null and g.disabled_at is null
     order by r.checked_at nulls first, g.id;
end $$;
comment on function rolecall.reconcile_organizations_v1() is
  'Organizations that are linked and not disabled, the one first whose last check is oldest: who is interrupted goes on '
  'with those that were not reached.';
