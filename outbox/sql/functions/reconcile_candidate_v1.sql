-- reconcile_candidate_v1 and its parts: what is known here of one thing that WorkOS shows, or does not show.
-- Called by:  reconcile_page_v1, reconcile_rest_v1.
-- Relies on:  subjects_by_object, organization_roles_active_slug, organization_memberships_pkey; facts_v2,
--             is_anothers_v1, member_documents; audit_log_by_subject, outbox_history by subject.
-- Holds:      it shows and changes nothing; what equals is not told, so that an organization in agreement costs little.
create or replace function rolecall.reconcile_subject_v1(org rolecall.organizations, family text, name text, shown jsonb)
returns text
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_variable
declare
  key text := family || ':' || rolecall.key_part(org.workos_organization_id) || ':' || rolecall.key_part(name);
  found_subject text;
begin
  if family = 'member' then
    return coalesce(
      (select m.subject from rolecall.organization_memberships m
        where m.organization_id = org.id and m.workos_user_id = name),
      (select s.subject from rolecall.subjects s where s.object_key = key order by s.created_at desc limit 1));
  end if;
  select case family when 'role' then r.subject else r.permissions_subject end into found_subject
    from rolecall.organization_roles r
   where r.organization_id = org.id and r.workos_slug = name and r.deleted_at is null;
  if found_subject is not null then
    return found_subject;
  end if;
  -- one that ended here has its slug until it ended there; what is made afterwards is another role
  select s.subject into found_subject
    from rolecall.subjects s left join rolecall.observed o on o.subject = s.subject
   where s.object_key = key
     and (not rolecall.removes(s.kind)
          or shown ->> 'created_at' in (o.incarnation, o.dead_incarnation_at)
          or (s.touched ->> '*')::bigint > coalesce(o.echoed_version, 0))
   order by s.created_at desc limit 1;
  return found_subject;
end $$;
comment on function rolecall.reconcile_subject_v1(rolecall.organizations, text, text, jsonb) is
  'Part of reconcile_page_v1: the subject that what WorkOS shows belongs to; null: nobody here knows it.';

create or replace function rolecall.reconcile_mirror_v1(org rolecall.organizations, subject text, family text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  if $3 = 'member' then
    return (
      select jsonb_build_object('status', m.status, 'directory_managed', m.directory_managed,
               'incarnation', m.workos_membership_id, 'value', case when m.deleted_at is null then (
                 select d.desired from rolecall.member_documents(org.id, array[m.workos_user_id], true) d) end)
        from rolecall.organization_memberships m where m.subject = $2);
  elsif $3 = 'role' then
    return (
      select jsonb_build_object('value', case when r.deleted_at is null then jsonb_build_object(
               'organization', org.workos_organization_id, 'slug', r.workos_slug, 'name', r.name,
               'description', r.description) end)
        from rolecall.organization_roles r where r.subject = $2);
  end if;
  return (
    select jsonb_build_object('value', jsonb_build_object('organization', org.workos_organization_id,
             'slug', r.workos_slug, 'permissions', to_jsonb(r.permissions)))
      from rolecall.organization_roles r
     where r.permissions_subject = $2 and r.deleted_at is null and r.permissions is not null);
end $$;
comment on function rolecall.reconcile_mirror_v1(rolecall.organizations, text, text) is
  'Part of reconcile_candidate_v1: what the tables of roles and members say of a subject; null: they do not have it.';

create or replace function rolecall.reconcile_equal_v1(org rolecall.organizations, subject text, family text, shown jsonb)
returns boolean
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  mirror jsonb;
begin
  if not exists (
      select from rolecall.subjects s join rolecall.observed o on o.subject = s.subject
       where s.subject = $2 and not rolecall.removes(s.kind) and s.desired = $4 -> 'value'
         and o.incarnation = $4 ->> 'incarnation' and o.unresolved = '{}' and o.confirmed_version = s.version) then
    return false;
  end if;
  mirror := rolecall.reconcile_mirror_v1(org, $2, $3);
  return mirror is null or (mirror -> 'value' = $4 -> 'value'
    and ($3 <> 'member' or (mirror ->> 'status' = $4 ->> 'status'
                            and mirror -> 'directory_managed' = $4 -> 'directory_managed')));
end $$;
comment on function rolecall.reconcile_equal_v1(rolecall.organizations, text, text, jsonb) is
  'Part of reconcile_page_v1: all three agree (versions, tables, WorkOS), and it is proved: there is nothing to judge.';

create or replace function rolecall.reconcile_unknown_v1(
  org rolecall.organizations, shown jsonb, desired jsonb, unresolved jsonb) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  return (
    select coalesce(jsonb_agg(distinct x.slug), '[]')
      from (select jsonb_array_elements_text(coalesce(shown #> '{value,roles}', '[]'))
            union select jsonb_array_elements_text(coalesce(desired -> 'roles', '[]'))) x (slug)
     where not exists (select from rolecall.global_roles g where g.workos_slug = x.slug and g.deleted_at is null)
           and not exists (select from rolecall.organization_roles r
                        where r.organization_id = org.id and r.workos_slug = x.slug and r.deleted_at is null)
        -- a slug that was deleted and made again: whoever was seen with it before holds the one that ended
        or unresolved ? x.slug);
end $$;
comment on function rolecall.reconcile_unknown_v1(rolecall.organizations, jsonb, jsonb, jsonb) is
  'Part of reconcile_candidate_v1: role slugs of a member that mean no role here.';

create or replace function rolecall.reconcile_candidate_v1(
  org rolecall.organizations, subject text, family text, name text, begun_at text, shown jsonb) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_variable
declare
  s rolecall.subjects;
  o rolecall.observed;
  key text := family || ':' || rolecall.key_part(org.workos_organization_id) || ':' || rolecall.key_part(name);
  told boolean;  -- an event of it was pulled and not applied yet
begin
  select x.* into s from rolecall.subjects x where x.subject = reconcile_candidate_v1.subject;
  select x.* into o from rolecall.observed x where x.subject = s.subject;
  told := exists (select from rolecall.inbox i
                   where i.object_key in (key, s.object_key) and i.applied_at is null
                     and (i.subject is null or i.family <> 'member'))
       or exists (select from rolecall.inbox i
                   where i.subject in (s.subject, rolecall.member_subject(org.id, name)) and i.applied_at is null
                     and i.family = 'member' and reconcile_candidate_v1.family = 'member');
  return jsonb_build_object(
    'subject', coalesce(reconcile_candidate_v1.subject, ''), 'known', s.subject is not null,
    'family', family, 'name', name, 'workos', org.workos_organization_id, 'begun_at', begun_at, 'shown', shown,
    'object_key', key,
    'noted', (select jsonb_build_object('version', n.version, 'delivered', n.delivered, 'send', n.send)
                from rolecall.reconcile_notes n where n.organization_id = org.id and n.subject = s.subject),
    'facts', case when o.subject is not null then (select f from rolecall.facts_v2(array[s.subject]) f) end,
    'version', coalesce(s.version, 0), 'kind', s.kind, 'desired', s.desired,
    'mirror', rolecall.reconcile_mirror_v1(org, reconcile_candidate_v1.subject, family),
    'anothers', o.subject is not null and rolecall.is_anothers_v1(s, o, shown ->> 'incarnation'),
    'unknown', case family when 'member' then rolecall.reconcile_unknown_v1(
      org, shown, s.desired, coalesce(o.unresolved, '{}')) else '[]' end,
    'unreduced', o.reduce_due_at is not null or o.pending_read is not null or told,
    'reduce_failure', coalesce(o.reduce_failure, case when told then (
      select 'its events wait behind one that cannot be applied: ' || y.parked_reason
        from rolecall.workos_organization_syncs y
       where y.workos_organization_id = org.workos_organization_id and y.parked_at is not null) end),
    'lane_failure', (select concat_ws(': ', l.failure_class, l.failure_code, l.failure_detail)
                       from rolecall.lanes l where l.subject = s.subject),
    'equals_version', (
      select h.version from rolecall.outbox_history h
       where h.subject = s.subject and h.version < s.version and h.desired = shown -> 'value'
       order by h.version desc limit 1),
    'local', (select jsonb_build_object('by', a.actor, 'at', rolecall.json_time_v1(a.at), 'action', a.action,
                                        'reason', a.reason)
                from rolecall.audit_log a
               where a.subject = s.subject and a.version is not null order by a.id desc limit 1));
end $$;
comment on function rolecall.reconcile_candidate_v1(rolecall.organizations, text, text, text, text, jsonb) is
  'All that the planner (workflows/reconcile_organization.hpp) is given about one thing, as a document.';
