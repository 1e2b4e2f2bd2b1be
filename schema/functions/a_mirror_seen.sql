-- workos_time, resolve_slugs, mirror_seen: what WorkOS showed, in the mirror's workos_* columns.
-- Called by:  the reducer, last, when rolecall.observed has been written; mirror_lock came before.
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

create or replace function rolecall.resolve_slugs(member rolecall.organization_memberships, slugs text[],
  seen_at timestamptz)
returns table (slug text, role_urn text)
language plpgsql stable set search_path = pg_catalog, rolecall, pg_temp set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  return query select s.slug, coalesce(
    (select r.subject from rolecall.organization_roles r
      where r.organization_id = member.organization_id and r.workos_slug = s.slug and r.deleted_at is null
        -- a slug means the role that had it then, not one that came later or that WorkOS has not confirmed
        and (r.workos_created_at <= seen_at or exists (
          select from rolecall.organization_role_assignments a
           where a.organization_id = member.organization_id and a.workos_user_id = member.workos_user_id
             and a.role_urn = r.subject and a.deleted_at is null))),
    (select 'role:global:' || g.id from rolecall.global_roles g where g.workos_slug = s.slug
      and g.deleted_at is null and coalesce(g.workos_created_at <= seen_at, true)))
  from unnest(slugs) s (slug);
end $$;
comment on function rolecall.resolve_slugs(rolecall.organization_memberships, text[], timestamptz) is
  'The roles that these slugs meant at that time; null for those not known here.';

create or replace function rolecall.mirror_seen(subject text) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  seen rolecall.observed;
  mirror_status text;
  role rolecall.organization_roles;
  member rolecall.organization_memberships;
begin
  select * into seen from rolecall.observed o where o.subject = mirror_seen.subject;
  if seen.subject is null then
    return;
  end if;
  select * into member from rolecall.organization_memberships m where m.subject = seen.subject;
  mirror_status := case when seen.seen_status in ('active', 'inactive', 'pending') then seen.seen_status
                        else member.status end;
  if member.subject is not null then
    update rolecall.organization_memberships m
       set workos_membership_id = seen.incarnation, status = mirror_status,
           directory_managed = seen.directory_managed,
           workos_created_at = rolecall.workos_time(seen.incarnation_created_at),
           workos_updated_at = rolecall.workos_time(seen.seen_at), updated_at = clock_timestamp(),
           workos_last_event_id = coalesce(seen.seen_event_id, m.workos_last_event_id)
     where m.subject = seen.subject
       and (m.workos_membership_id, m.status, m.directory_managed, m.workos_updated_at, m.workos_last_event_id)
           is distinct from (seen.incarnation, mirror_status, seen.directory_managed,
             rolecall.workos_time(seen.seen_at), coalesce(seen.seen_event_id, m.workos_last_event_id))
       -- two members with one membership id would be WorkOS's contradiction; the first keeps it
       and not exists (select from rolecall.organization_memberships x
                        where x.workos_membership_id = seen.incarnation and x.subject <> m.subject);
    if seen.unresolved <> '{}' then
      perform rolecall.settle_unresolved(member, seen.unresolved);
    end if;
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
