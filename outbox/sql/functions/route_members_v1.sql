-- route_members_v1: whose fact is an event about a member? A member whom nobody knew gets a row, as no member yet.
-- Called by:  record_events_v1.
-- Relies on:  inbox_unrouted; subjects_pkey, organization_memberships_pkey, observed_pkey.
-- Holds:      I9: a row that an application is making is waited for 50 ms; then its events stay for the next time.
create or replace function rolecall.route_members_v1(lim int) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set lock_timeout = '50ms' as $$
declare
  waiting bigint[] := array(
    select i.seq from rolecall.inbox i
     where i.applied_at is null and i.subject is null and i.organization_id is not null
       and i.family = 'member' and i.problem is null
     order by i.seq limit lim);
  one text;
  busy int := 0;
begin
  if cardinality(waiting) = 0 then
    return;
  end if;
  begin
    perform rolecall.route_these_members_v1(waiting);
  exception when lock_not_available then  -- each member alone: one that is busy holds up no other
    -- in no order, and 20 busy ones at most: neither does the page last too long, nor do the same ones starve
    for one in
      select x.object_key from (select distinct i.object_key from rolecall.inbox i where i.seq = any (waiting)) x
       order by random()
    loop
      exit when busy >= 20;
      begin
        perform rolecall.route_these_members_v1(array(
          select i.seq from rolecall.inbox i where i.seq = any (waiting) and i.object_key = one));
      exception when lock_not_available then
        busy := busy + 1;
      end;
    end loop;
  end;
end $$;
comment on function rolecall.route_members_v1(int) is
  'Part of record_events_v1: gives waiting events about members their subjects, and makes the reducer due.';

create or replace function rolecall.route_these_members_v1(seqs bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  perform rolecall.enter_members_v1(array_agg(i.organization_id), array_agg(i.workos_organization_id), array_agg(i.name))
     from rolecall.inbox i where i.seq = any (seqs) having count(*) > 0;
  update rolecall.inbox i set subject = rolecall.member_subject(i.organization_id, i.name) where i.seq = any (seqs);
  perform rolecall.reduce_soon_v1(seqs);
end $$;
comment on function rolecall.route_these_members_v1(bigint[]) is
  'Part of route_members_v1: these rows of the inbox.';

create or replace function rolecall.enter_members_v1(
  organization_ids text[], workos_organization_ids text[], names text[]) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set lock_timeout = '50ms' as $$
begin
  with strange as materialized (
    select distinct on (x.subject) x.subject, x.organization_id, x.workos_organization_id, x.name,
           'member:' || rolecall.key_part(x.workos_organization_id) || ':' || rolecall.key_part(x.name) as object_key
      from (select m.*, rolecall.member_subject(m.organization_id, m.name) as subject
              from unnest(organization_ids, workos_organization_ids, names) m (organization_id, workos_organization_id, name)) x
     where not exists (select from rolecall.subjects s where s.subject = x.subject offset 0)
     order by x.subject),
  mirror as (
    insert into rolecall.organization_memberships (organization_id, workos_user_id, user_id, deleted_at)
    select s.organization_id, s.name, (select u.id from rolecall.users u where u.workos_user_id = s.name), clock_timestamp()
      from strange s order by s.organization_id, s.name
    on conflict (organization_id, workos_user_id) do nothing)
  insert into rolecall.subjects (subject, organization_id, object_key, version, kind, desired)
  select s.subject, s.organization_id, s.object_key, 1, 'member.remove',
         jsonb_build_object('organization', s.workos_organization_id, 'user', s.name)
    from strange s order by s.subject
  on conflict (subject) do nothing;
end $$;
comment on function rolecall.enter_members_v1(text[], text[], text[]) is
  'Part of record_events_v1: members whom nobody knew get their rows, as no members yet.';

create or replace function rolecall.reduce_soon_v1(seqs bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  insert into rolecall.observed as o (subject, organization_id, object_key, reduce_due_at)
  select distinct on (i.subject) i.subject, i.organization_id, i.object_key, clock_timestamp()
    from rolecall.inbox i
   where i.seq = any (seqs) and not exists (select from rolecall.observed x where x.subject = i.subject offset 0)
   order by i.subject
  on conflict (subject) do nothing;
  -- One that is being reduced is not waited for: what it did not see is found at the end of the pull.
  update rolecall.observed o set reduce_due_at = clock_timestamp()
   where o.reduce_due_at is null and o.subject in (
     select x.subject from rolecall.observed x
      where x.reduce_due_at is null and x.subject in (select i.subject from rolecall.inbox i where i.seq = any (seqs))
      order by x.subject for update skip locked);
end $$;
comment on function rolecall.reduce_soon_v1(bigint[]) is
  'Part of record_events_v1: makes the reducer due for the subjects of these rows of the inbox.';

create or replace function rolecall.find_unreduced_v1() returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  update rolecall.observed o set reduce_due_at = clock_timestamp()
   where o.subject in (
     select x.subject
       from (select distinct i.subject from rolecall.inbox i where i.applied_at is null and i.subject is not null) w
      cross join lateral (
        select x.subject from rolecall.observed x
         where x.subject = w.subject and x.reduce_due_at is null and x.reduce_failure is null offset 0) y
       join rolecall.observed x on x.subject = y.subject
      where exists (  -- for the few that are left
        select from rolecall.inbox i
         where i.subject = x.subject and i.applied_at is null and i.problem is null
           and i.seq < rolecall.parked_at_v1(i.workos_organization_id))
      order by x.subject for update of x skip locked);
end $$;
comment on function rolecall.find_unreduced_v1() is
  'Part of record_events_v1, at the end of a pull: events that came while their subject was being reduced.';
