-- reconcile_page_v1, reconcile_rest_v1: what a pass read of WorkOS is laid beside what is here; answers what differs.
-- Called by:  PgReconcileStore::compare, rest.
-- Relies on:  reconcile_notes_pkey; reconcile_candidate_v1 and what it looks up by key.
-- Holds:      nothing but the pass's own notes is written; locks nothing of anybody's.
create or replace function rolecall.reconcile_page_v1(organization_id text, pass bigint, listed jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  org rolecall.organizations;
  moment text := rolecall.json_time_v1(clock_timestamp());  -- by now the answers have come
  candidates jsonb;
begin
  if not rolecall.reconcile_lives_v1(reconcile_page_v1.organization_id, reconcile_page_v1.pass) then
    return '{"fenced": true}';
  end if;
  select * into org from rolecall.organizations g where g.id = reconcile_page_v1.organization_id;
  with entries as materialized (
    select x.n, x.e ->> 'family' as family, x.e ->> 'name' as name, x.e ->> 'begun_at' as begun_at, x.e -> 'shown' as shown,
           coalesce(nullif(x.e ->> 'ended_at', ''), moment) as ended_at,
           coalesce(nullif(x.e ->> 'subject', ''),
                    rolecall.reconcile_subject_v1(org, x.e ->> 'family', x.e ->> 'name', x.e -> 'shown')) as subject
      from jsonb_array_elements(listed) with ordinality x (e, n)),
  marked as (
    -- each by its key: an organization may have 100,000 notes. What has none was made since: a note of version 0
    insert into rolecall.reconcile_notes as n (organization_id, subject, version, delivered, send, found)
    select distinct org.id, e.subject, 0, 0, 0, true from entries e where e.subject is not null
    on conflict (organization_id, subject) do update set found = true where not n.found)
  select coalesce(jsonb_agg(rolecall.reconcile_candidate_v1(org, e.subject, e.family, e.name, e.begun_at, e.shown)
           || jsonb_build_object('ended_at', e.ended_at, 'stream_behind', not rolecall.stream_reached_v1(e.ended_at))
         order by e.n), '[]')
    into candidates
    from entries e
   where not (e.family = 'permissions' and not exists (  -- not managed here
           select from rolecall.subjects s where s.subject = e.subject))
     and not rolecall.reconcile_equal_v1(org, e.subject, e.family, e.shown);
  return jsonb_build_object('fenced', false, 'now', rolecall.json_time_v1(clock_timestamp()), 'candidates', candidates);
end $$;
comment on function rolecall.reconcile_page_v1(text, bigint, jsonb) is
  'Takes what WorkOS showed of some roles and members, and answers what is known of those that are not proved equal. '
  'ended_at: when the answer had come; given back as it was when something is compared once more. stream_behind: the event '
  'stream does not tell yet all that happened before that. fenced: a newer pass has begun.';

create or replace function rolecall.reconcile_rest_v1(organization_id text, pass bigint, begun_at text, after text, lim int)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_bitmapscan = off set enable_sort = off
set jit = off as $$
#variable_conflict use_column
declare
  org rolecall.organizations;
  rest text[];
  candidates jsonb;
begin
  if not rolecall.reconcile_lives_v1(reconcile_rest_v1.organization_id, reconcile_rest_v1.pass) then
    return '{"fenced": true}';
  end if;
  select * into org from rolecall.organizations g where g.id = reconcile_rest_v1.organization_id;
  rest := array(select n.subject from rolecall.reconcile_notes n
                 where n.organization_id = org.id and not n.found and n.subject > reconcile_rest_v1.after
                 order by n.subject limit lim);
  select coalesce(jsonb_agg(rolecall.reconcile_candidate_v1(org, x.subject, x.family, x.name, begun_at, '{}') order by x.subject), '[]')
    into candidates
    from (select u.subject, case when m.subject is not null then 'member' when r.subject is not null then 'role'
                                 else split_part(s.kind, '.', 1) end as family,
                 coalesce(m.workos_user_id, r.workos_slug, s.desired ->> 'user', s.desired ->> 'slug') as name,
                 coalesce(m.deleted_at is null and m.subject is not null or r.deleted_at is null and r.subject is not null, false) as here,
                 s.kind
            from unnest(rest) u (subject)
            left join rolecall.subjects s on s.subject = u.subject
            left join rolecall.organization_memberships m on m.subject = u.subject
            left join rolecall.organization_roles r on r.subject = u.subject) x
   where (x.here or not rolecall.removes(x.kind)) and coalesce(x.kind, '') <> 'role.permissions'  -- those end with their role
     and x.family in ('role', 'member') and x.name <> '';
  return jsonb_build_object('fenced', false, 'candidates', candidates,
    'last', case when cardinality(rest) = lim then rest[lim] end, 'now', rolecall.json_time_v1(clock_timestamp()));
end $$;
comment on function rolecall.reconcile_rest_v1(text, bigint, text, text, int) is
  'After a complete listing: what should be there and was not in it, in pages; last: where the next page begins.';

create or replace function rolecall.stream_reached_v1(begun_at text) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
begin
  return (select not t.flows or coalesce(t.pulled_at >= begun_at::timestamptz + c.visibility_ms * interval '1 ms', false)
            from rolecall.stream_v1() t cross join rolecall.provider_control c);
end $$;
comment on function rolecall.stream_reached_v1(text) is
  'Whether the event stream tells all that happened before a read that was begun then; true while it is off.';
