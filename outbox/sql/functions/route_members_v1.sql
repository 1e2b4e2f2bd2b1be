-- route_members_v1: whose fact is an event about a member? A member whom nobody knew gets a row, as no member yet.
-- Called by:  record_events_v1.
-- Relies on:  inbox_unrouted; subjects_pkey, organization_memberships_pkey, observed_pkey.
-- Holds:      I9: a row that an application is making is waited for 50 ms; then its events stay for the next time.
--             Who is here and has no version yet (rolecall adopt) is no stranger: their events wait for it.
create or replace function rolecall.route_members_v1(lim int) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set lock_timeout = '50ms' as $$
declare
  waiting bigint[] := array(
    select i.seq from rolecall.inbox i
     where i.applied_at is null and i.subject is null and i.organization_id is not null
       and i.family = 'member' and i.problem is null
       and (select true from rolecall.organization_memberships m
             where m.organization_id = i.organization_id and m.workos_user_id = i.name and m.deleted_at is null
               and not exists (select from rolecall.subjects s where s.subject = m.subject offset 0)) is not true
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
  perform rolecall.enter_members_v2(
            array_agg(rolecall.member_subject(i.organization_id, i.name)), array_agg(i.organization_id),
            array_agg(i.workos_organization_id), array_agg(i.name))
     from rolecall.inbox i where i.seq = any (seqs) having count(*) > 0;
  update rolecall.inbox i set subject = rolecall.member_subject(i.organization_id, i.name)
   where i.seq = any (seqs)
     and (select true from rolecall.subjects s where s.subject = rolecall.member_subject(i.organization_id, i.name));
  perform rolecall.reduce_soon_v2(array_agg(i.subject), array_agg(i.organization_id), array_agg(i.object_key))
     from rolecall.inbox i where i.seq = any (seqs) and i.subject is not null having count(*) > 0;
end $$;
comment on function rolecall.route_these_members_v1(bigint[]) is
  'Part of route_members_v1: these rows of the inbox.';

create or replace function rolecall.enter_members_v2(
  subjects text[], organization_ids text[], workos_organization_ids text[], names text[]) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set lock_timeout = '50ms' as $$
begin
  with strange as materialized (
    select distinct on (x.subject) x.subject, x.organization_id, x.workos_organization_id, x.name,
           'member:' || rolecall.key_part(x.workos_organization_id) || ':' || rolecall.key_part(x.name) as object_key
      from unnest(subjects, organization_ids, workos_organization_ids, names) x (
             subject, organization_id, workos_organization_id, name)
     where x.subject is not null
       and not exists (select from rolecall.subjects s where s.subject = x.subject offset 0)
       and not exists (select from rolecall.organization_memberships m
                        where m.organization_id = x.organization_id and m.workos_user_id = x.name
                          and m.deleted_at is null offset 0)
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
comment on function rolecall.enter_members_v2(text[], text[], text[], text[]) is
  'Part of record_events_v1: members whom nobody knew get their rows, as no members yet.';

create or replace function rolecall.reduce_soon_v2(subjects text[], organization_ids text[], object_keys text[])
returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  idle text[];
begin
  insert into rolecall.observed as o (subject, organization_id, object_key, reduce_due_at)
  select distinct on (t.subject) t.subject, t.organization_id, t.object_key, clock_timestamp()
    from unnest(subjects, organization_ids, object_keys) t (subject, organization_id, object_key)
   where not exists (select from rolecall.observed x where x.subject = t.subject offset 0)
   order by t.subject
  on conflict (subject) do nothing;
  -- One that is being reduced is not waited for: what it did not see is found at the end of a pull.
  idle := array(select x.subject from rolecall.observed x where x.subject = any (subjects) and x.reduce_due_at is null
                 order by x.subject for update skip locked);
  update rolecall.observed o set reduce_due_at = clock_timestamp() where o.subject = any (idle);
end $$;
comment on function rolecall.reduce_soon_v2(text[], text[], text[]) is
  'Part of record_events_v1: makes the reducer due for these subjects, of which new events wait.';

create or replace function rolecall.find_unreduced_v2() returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  old bigint := coalesce((select i.seq from rolecall.inbox i order by i.seq desc offset 3000 limit 1), 0);
  missed boolean;
  -- since a pull that reads a stream that was behind began
  recent timestamptz := least(clock_timestamp() - interval '1 min', (select e.behind_since from rolecall.event_stream e));
begin
  with waiting as materialized (  -- by key, however many wait and whatever was known of that when this was planned
    select y.subject
      from (
        select x.subject
          from (select i.subject, max(i.seq) as newest from rolecall.inbox i
                 where i.applied_at is null and i.subject is not null group by i.subject) w
         cross join lateral (  -- of the newest, one that is due may just have been taken by a reducer who did not see it
           select x.subject from rolecall.observed x
            where x.subject = w.subject and x.reduce_failure is null and (x.reduce_due_at is null or w.newest > old)
              -- what the guard holds would be held again at each pull: only what it may not have seen
              and ((select true from (
                        select h.* from rolecall.guard_holds h where h.subject = x.subject offset 0) h
                     cross join lateral (
                        select l.wanted_version, l.state from rolecall.lanes l where l.subject = x.subject offset 0) l
                     where h.source = 'reducer' and h.held and h.approved_at is null
                       and l.wanted_version = h.version and l.state = 'held' limit 1)
                   is not true
                   or (select i.received_at from rolecall.inbox i where i.seq = w.newest) > recent) offset 0) x
        offset 0) y
     cross join lateral (  -- for the few that are left
       select from rolecall.inbox i
        where i.subject = y.subject and i.applied_at is null and i.problem is null
          and i.seq < rolecall.parked_at_v1(i.workos_organization_id) limit 1) i),
  free as materialized (
    select x.subject from waiting w join rolecall.observed x on x.subject = w.subject
     order by x.subject for update of x skip locked),
  due as (  -- all of them: of a row that was written meanwhile, coalesce sees what was written
    update rolecall.observed o set reduce_due_at = coalesce(o.reduce_due_at, clock_timestamp())
      from free where o.subject = free.subject)
  select (select count(*) from waiting) > (select count(*) from free) into missed;
  return not missed;
end $$;
comment on function rolecall.find_unreduced_v2() is
  'Part of record_events_v1, at the end of a pull: events that came while their subject was being reduced. False: one '
  'is being reduced just now, so this is to be asked again soon.';
