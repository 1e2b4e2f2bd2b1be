-- workos_time, resolve_slugs, members_as_seen, mirror_seen_members, mirror_seen: what WorkOS showed, in the mirror's
-- workos_* columns.
-- Called by:  the reducer, last, when rolecall.observed has been written; mirror_lock came before. members_as_seen:
--             mirror_adopt_members as well.
-- Relies on:  observed by key; unique subjects of the mirror tables.
-- Holds:      only the reducer writes these columns; a role that ended loses the holders that were busy before.
create or replace function rolecall.workos_time(at text) returns timestamptz
language plpgsql immutable strict parallel safe set search_path = pg_catalog, rolecall, pg_temp
set timezone = 'UTC' as $$
begin
  return at::timestamptz;
exception when invalid_datetime_format or datetime_field_overflow then
  return null;  -- text that WorkOS sent; no reason to refuse all that came with it
end $$;
comment on function rolecall.workos_time(text) is 'A time as WorkOS wrote it; null if it is none.';

create or replace function rolecall.resolve_slugs(organization_id text, workos_user_id text, slugs text[],
  seen_at timestamptz)
returns table (slug text, role_urn text)
language sql stable rows 2 as $$  -- without SET it is taken into the statement that calls it
  select s.slug, coalesce(
    (select r.subject from rolecall.organization_roles r
      where r.organization_id = $1 and r.workos_slug = s.slug and r.deleted_at is null
        -- a slug means the role that had it then, not one that came later or that WorkOS has not confirmed
        and (r.workos_created_at <= $4 or exists (
          select from rolecall.organization_role_assignments a
           where a.organization_id = $1 and a.workos_user_id = $2 and a.role_urn = r.subject and a.deleted_at is null))),
    (select 'role:global:' || g.id from rolecall.global_roles g where g.workos_slug = s.slug
      and g.deleted_at is null and coalesce(g.workos_created_at <= $4, true)))
  from pg_catalog.unnest($3) s (slug) offset 0
$$;
comment on function rolecall.resolve_slugs(text, text, text[], timestamptz) is
  'The roles that these slugs of a member meant at that time; null for those not known here.';

create or replace function rolecall.members_as_seen(subjects text[])
returns table (subject text, membership_id text, status text, directory_managed boolean, created_at timestamptz,
  seen_at timestamptz, event_id text)
language sql stable as $$  -- without SET it is taken into the statement that calls it
  select m.subject,
         -- two members with one membership id would be WorkOS's contradiction; the first keeps it
         case when o.subject is null or exists (
                select from rolecall.organization_memberships y
                 where y.workos_membership_id = o.incarnation and y.subject <> m.subject)
              then m.workos_membership_id else o.incarnation end,
         case when o.seen_status in ('active', 'inactive', 'pending') then o.seen_status else m.status end,
         coalesce(o.directory_managed, m.directory_managed),
         case when o.subject is null then m.workos_created_at else rolecall.workos_time(o.incarnation_created_at) end,
         case when o.subject is null then m.workos_updated_at else rolecall.workos_time(o.seen_at) end,
         coalesce(o.seen_event_id, m.workos_last_event_id)
    from rolecall.organization_memberships m
    left join rolecall.observed o on o.subject = m.subject
   where m.subject = any ($1) offset 0
$$;
comment on function rolecall.members_as_seen(text[]) is
  'What the workos_* columns of these members should be, by what was observed of them.';

create or replace function rolecall.mirror_seen_members(subjects text[]) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  update rolecall.organization_memberships m
     set workos_membership_id = x.membership_id, status = x.status, directory_managed = x.directory_managed,
         workos_created_at = x.created_at, workos_updated_at = x.seen_at, workos_last_event_id = x.event_id,
         updated_at = clock_timestamp()
    from rolecall.members_as_seen(mirror_seen_members.subjects) x
   where m.subject = x.subject
     and (m.workos_membership_id, m.status, m.directory_managed, m.workos_updated_at, m.workos_last_event_id)
         is distinct from (x.membership_id, x.status, x.directory_managed, x.seen_at, x.event_id);
  perform rolecall.settle_unresolved(m, o.unresolved)
     from rolecall.observed o join rolecall.organization_memberships m on m.subject = o.subject
    where o.subject = any (subjects) and o.unresolved <> '{}';
end $$;
comment on function rolecall.mirror_seen_members(text[]) is
  'Copies what was observed of members into the mirror; resolves slugs that became known.';

create or replace function rolecall.mirror_seen(subject text) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  seen rolecall.observed;
  role rolecall.organization_roles;
begin
  select * into seen from rolecall.observed o where o.subject = mirror_seen.subject;
  if seen.subject is null then
    return;
  end if;
  if exists (select from rolecall.organization_memberships m where m.subject = seen.subject) then
    perform rolecall.mirror_seen_members(array[seen.subject]);
    return;
  end if;
  update rolecall.organization_roles r
     set workos_created_at = rolecall.workos_time(seen.incarnation_created_at),
         workos_updated_at = rolecall.workos_time(seen.seen_at), updated_at = clock_timestamp(),
         workos_last_event_id = coalesce(seen.seen_event_id, r.workos_last_event_id)
   where r.subject = seen.subject and (r.workos_created_at, r.workos_updated_at, r.workos_last_event_id) is distinct from
         (rolecall.workos_time(seen.incarnation_created_at), rolecall.workos_time(seen.seen_at),
          coalesce(seen.seen_event_id, r.workos_last_event_id));
  select * into role from rolecall.organization_roles r where r.subject = seen.subject;
  if role.deleted_at is not null and rolecall.retire_holders(role, 'role_gone') > 0 then
    update rolecall.observed o set reduce_due_at = clock_timestamp() + interval '1 second'
      where o.subject = seen.subject;
  end if;
end $$;
comment on function rolecall.mirror_seen(text) is
  'Copies what was observed of the subject into the mirror; finishes the end of a role whose '
  'holders were busy; resolves slugs that became known.';
