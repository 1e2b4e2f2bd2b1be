-- apply_direct_v1: events about organizations and users go into the mirror, in order, each under its row's lock.
-- Called by:  record_events_v1.
-- Relies on:  inbox_direct, inbox_by_object; organizations' and users' unique WorkOS ids.
-- Holds:      I9: a row that an application holds is passed by, and its event stays; however many it holds. One that cannot be
--             applied stays with its reason, and holds up its own user or organization alone.
create or replace function rolecall.apply_direct_v1(lim int) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set lock_timeout = '50ms' as $$
declare
  e rolecall.inbox;
  became text;
  busy int := 0;  -- links that somebody held up for 50 ms: a page ends well within the statement's time
  outcomes jsonb := '[]';
begin
  for e in
    select i.* from (  -- offset 0: what waits is sorted, and the inbox not read along its key
      select x.* from rolecall.inbox x
       where x.applied_at is null and x.family in ('organization', 'user') and x.problem is null offset 0) i
     order by i.seq limit lim
  loop
    continue when exists (select from rolecall.inbox x
                           where x.object_key = e.object_key and x.applied_at is null and x.subject is null
                              and x.seq < e.seq)
               or e.family = 'organization' and e.seq >= rolecall.parked_at_v1(e.workos_organization_id);
    exit when busy >= 20;
    begin
      became := case e.family when 'organization' then rolecall.apply_organization_v1(e) else rolecall.apply_user_v1(e) end;
      continue when became = 'wait';
      update rolecall.inbox i set applied_at = clock_timestamp(), outcome = became where i.seq = e.seq;
    exception
      when lock_not_available or deadlock_detected then
        busy := busy + 1;
        continue;
      when others then
        became := 'parked';
        update rolecall.inbox i set problem = sqlerrm where i.seq = e.seq;
        if e.family = 'organization' then
          perform rolecall.park_v1(e.workos_organization_id, e.seq, sqlerrm);
        end if;
    end;
    outcomes := outcomes || jsonb_build_object('type', e.type, 'outcome', became);
  end loop;
  return outcomes;
end $$;
comment on function rolecall.apply_direct_v1(int) is
  'Part of record_events_v1: applies waiting events about organizations and users; answers what became of each.';

create or replace function rolecall.apply_organization_v1(e rolecall.inbox) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  moment timestamptz := clock_timestamp();
  shown_at timestamptz := rolecall.workos_time(e.shown ->> 'updated_at');
  org rolecall.organizations;
begin
  select * into org from rolecall.organizations g where g.workos_organization_id = e.name for no key update skip locked;
  if org.id is null and exists (select from rolecall.organizations g where g.workos_organization_id = e.name) then
    return 'wait';
  end if;
  if org.id is null and e.type <> 'organization.deleted' then
    select * into org from rolecall.organizations g
     where g.id = e.shown ->> 'external_id' and g.workos_organization_id is null for update;
    if org.id is not null then
      update rolecall.organizations g set workos_organization_id = e.name where g.id = org.id;
      insert into rolecall.new_links (organization_id) values (org.id) on conflict (organization_id) do nothing;
      perform rolecall.audit(org.id, null, null, 'organization_linked', null, jsonb_build_object('event', e.event_id,
        'workos_organization_id', e.name));
    end if;
  end if;
  if org.id is null then
    return 'unknown_organization';
  elsif org.workos_updated_at > shown_at then
    return 'stale';
  end if;
  update rolecall.organizations g
     set name = case when e.type = 'organization.deleted' then g.name
                     else coalesce(nullif(e.shown ->> 'name', ''), g.name) end,
         disabled_at = case when e.type = 'organization.deleted' then coalesce(g.disabled_at, moment) else g.disabled_at end,
         workos_updated_at = shown_at, workos_last_event_id = e.event_id, updated_at = moment
   where g.id = org.id;
  return 'applied';
end $$;
comment on function rolecall.apply_organization_v1(rolecall.inbox) is
  'Part of apply_direct_v1: an organization''s name, link by external id, or end; nothing switches it on again.';

create or replace function rolecall.apply_user_v1(e rolecall.inbox) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  moment timestamptz := clock_timestamp();
  shown_at timestamptz := rolecall.workos_time(e.shown ->> 'updated_at');
  person rolecall.users;
begin
  select * into person from rolecall.users u where u.workos_user_id = e.name for no key update skip locked;
  if person.id is null and exists (select from rolecall.users u where u.workos_user_id = e.name) then
    return 'wait';
  end if;
  if person.id is null and e.type <> 'user.deleted' then
    select * into person from rolecall.users u where u.id = e.shown ->> 'external_id' for update;
    -- a user who was deleted and made again at WorkOS has a new id there: the newest link counts
    if person.workos_user_id is not null and person.deleted_at is null then
      raise exception 'user % (its external id) is linked to %', person.id, person.workos_user_id
        using errcode = '23505';
    elsif person.id is not null then
      update rolecall.users u set workos_user_id = e.name, deleted_at = null, workos_updated_at = null
       where u.id = person.id returning * into person;
      perform rolecall.claim_memberships(person);
      perform rolecall.audit(null, null, null, 'user_linked', null, jsonb_build_object('event', e.event_id,
        'user', person.id, 'workos_user_id', e.name));
    end if;
  end if;
  if person.id is null then
    return 'unknown_user';  -- linked when the application makes them known (upsert_user)
  elsif person.workos_updated_at > shown_at then
    return 'stale';
  end if;
  update rolecall.users u
     set email = case when e.type = 'user.deleted' then u.email else coalesce(nullif(e.shown ->> 'email', ''), u.email) end,
         display_name = case when e.type = 'user.deleted' then u.display_name
                             else coalesce(nullif(e.shown ->> 'name', ''), u.display_name) end,
         deleted_at = case when e.type = 'user.deleted' then coalesce(u.deleted_at, moment) else u.deleted_at end,
         workos_updated_at = shown_at, workos_last_event_id = e.event_id, updated_at = moment
   where u.id = person.id;
  if e.type = 'user.deleted' then  -- whether their memberships have events of their own is not documented
    update rolecall.observed o set verify_at = least(o.verify_at, moment), verify_reason = 'user_deleted'
     where o.subject in (
       select x.subject from rolecall.organization_memberships m join rolecall.observed x on x.subject = m.subject
        where m.user_id = person.id and m.deleted_at is null order by x.subject for update of x);
  end if;
  return 'applied';
end $$;
comment on function rolecall.apply_user_v1(rolecall.inbox) is
  'Part of apply_direct_v1: a person''s email and name, link by external id, or end; nothing revives them.';
