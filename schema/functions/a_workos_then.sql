-- evidence_of, workos_then, role_meant, role_over_there, held_there: what a member was at WorkOS at an instant.
-- Called by:  held_role, role_history.
-- Relies on:  effective_states_by_subject, inbox_by_organization; organization_roles_by_organization,
--             observed_pkey.
-- Holds:      what is not known is null; a slug means the role that had it then; ids of memberships are never given twice.
create or replace function rolecall.evidence_of(organization_id text, workos_user_id text)
returns setof rolecall.effective_states
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select e.* from rolecall.effective_states e where e.subject = rolecall.member_subject($1, $2)
  union all
  select t.* from rolecall.organizations g
    join rolecall.inbox i on i.workos_organization_id = g.workos_organization_id
   cross join lateral rolecall.state_told_v1(i) t
   where g.id = $1 and i.family = 'member' and i.name = $2 and t.since is not null
$$;
comment on function rolecall.evidence_of(text, text) is
  'All that was seen of a membership, in no order: what is kept, and the events of the last 30 days, applied or not.';

create or replace function rolecall.workos_then(organization_id text, workos_user_id text, instants timestamptz[])
returns table (at timestamptz, known boolean, since timestamptz, roles text[], actor text, event_id text)
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp set jit = off as $$
  with all_of_it as materialized (select * from rolecall.evidence_of($1, $2)),
  e as materialized (  -- without ends that a later look took back: WorkOS showed that very membership again
    select x.* from all_of_it x
     where x.present or x.source = 'event' or not exists (
       select from all_of_it p
        where p.present and p.source <> 'event' and p.incarnation = x.incarnation and p.recorded_at > x.recorded_at)),
  moments as (
    select i.at from unnest($3) i (at)
    union select e.since from e where $3 is null
    union select e.unknown_from from e where $3 is null and e.unknown_from is not null
    union select e.incarnation_created_at from e
           where $3 is null and e.present and e.incarnation_created_at is not null)
  select m.at, the.known and not hidden.yes, coalesce(over.since, last.since),
         case when over.since is null and last.status is not distinct from 'active' then last.roles else '{}' end,
         coalesce(over.actor, last.actor), case when over.since is null then last.event_id else over.event_id end
    from moments m
    left join lateral (  -- the newest membership that was there by then
      select true as known, e.incarnation from e where e.since <= m.at
       order by e.incarnation_created_at desc nulls last, e.since desc, e.event_seq desc nulls last limit 1) the on true
    left join lateral (  -- what it was last
      select e.* from e where e.present and e.incarnation = the.incarnation and e.since <= m.at
       order by e.since desc, e.event_seq desc nulls last, e.id desc limit 1) last on true
    left join lateral (
      select e.* from e
       where the.known and not e.present and e.incarnation is not distinct from the.incarnation and e.since <= m.at
       order by e.source = 'event' desc, e.since limit 1) over on true
   cross join lateral (select
      -- it ended between two looks
      exists (select from e where over.since is null and not e.present and e.incarnation = the.incarnation
                 and e.unknown_from <= m.at and not exists (
                   select from e x where not x.present and x.source = 'event' and x.incarnation = the.incarnation))
      -- another one was there already, and what it was then nobody saw
      or exists (select from e where e.present and e.incarnation_created_at <= m.at and not exists (
                   select from e x where x.incarnation = e.incarnation and x.since <= m.at)) as yes) hidden
$$;
comment on function rolecall.workos_then(text, text, timestamptz[]) is
  'What a member was at WorkOS at these instants (null: at each at which it changed): roles that counted, as slugs, '
  'and since when it was so. known is not true: nobody saw it. As it is known today, not as it was known then.';

create or replace function rolecall.role_there_since(role rolecall.organization_roles) returns timestamptz
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select least($1.workos_created_at, (
    select least(rolecall.workos_time(o.incarnation_created_at), rolecall.workos_time(o.dead_incarnation_at))
      from rolecall.observed o where o.subject = $1.subject))
$$;
comment on function rolecall.role_there_since(rolecall.organization_roles) is
  'When a role was made at WorkOS; null: it was never seen there.';

create or replace function rolecall.role_meant(organization_id text, slug text, at timestamptz) returns text
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select case when exists (
      select from rolecall.organization_roles r where r.organization_id = $1 and r.workos_slug = $2)
    then (select r.subject from rolecall.organization_roles r
           where r.organization_id = $1 and r.workos_slug = $2 and rolecall.role_there_since(r) <= $3
           order by rolecall.role_there_since(r) desc limit 1)
    else (select 'role:global:' || g.id from rolecall.global_roles g where g.workos_slug = $2) end
$$;
comment on function rolecall.role_meant(text, text, timestamptz) is
  'URN of the role that had this slug at WorkOS at that time; null: not known here. An environment role keeps its URN.';

create or replace function rolecall.role_over_there(organization_id text, role_urn text, shown_at timestamptz)
returns timestamptz
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select min(x.at) from (
    select e.since from rolecall.effective_states e where e.subject = $2 and not e.present
    union all
    select t.since from rolecall.organizations g
      join rolecall.inbox i on i.workos_organization_id = g.workos_organization_id
     cross join lateral rolecall.state_told_v1(i) t
     where g.id = $1 and i.family = 'role' and i.subject = $2
    union all  -- the slug was given to another one
    select rolecall.role_there_since(n)
      from rolecall.organization_roles r
      join rolecall.organization_roles n on n.organization_id = r.organization_id and n.workos_slug = r.workos_slug
     where r.subject = $2 and rolecall.role_there_since(n) > rolecall.role_there_since(r)) x (at)
   where x.at >= $3
$$;
comment on function rolecall.role_over_there(text, text, timestamptz) is
  'When an organization''s role, there at shown_at, ended at WorkOS, as an event told, or its slug was given to another; '
  'null: it did not, or that is not known.';

create or replace function rolecall.held_there(
  organization_id text, role_urn text, known boolean, since timestamptz, roles text[], at timestamptz) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  slug text := rolecall.slug_of_urn(held_there.role_urn);
  meant text;
begin
  if known is not true then
    return null;
  elsif slug is null or slug <> all (roles) then
    return false;
  end if;
  meant := rolecall.role_meant(held_there.organization_id, slug, held_there.since);
  if meant <> role_urn then
    return false;
  end if;
  return case when meant is not null then coalesce(
    rolecall.role_over_there(held_there.organization_id, role_urn, held_there.since) > held_there.at, true) end;
end $$;
comment on function rolecall.held_there(text, text, boolean, timestamptz, text[], timestamptz) is
  'Whether a role is among what workos_then answers; null: not known.';

create or replace function rolecall.slug_of_urn(role_urn text) returns text
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select r.workos_slug from rolecall.organization_roles r where r.subject = $1
  union all
  select g.workos_slug from rolecall.global_roles g
   where g.id = case when $1 like 'role:global:%' then substring($1 from 13)::uuid end
$$;
comment on function rolecall.slug_of_urn(text) is 'The slug of a role, also of one that ended.';
