-- observe_member_roles, request_member_sync: a login tells what its session token says; or a look is asked for.
-- Called by:  applications.
-- Relies on:  observed_pkey; find_user, ask_for_look, enter_member.
-- Holds:      C8: a token is a copy of unknown age; it makes WorkOS be read, and changes no roles by itself.
create or replace function rolecall.observe_member_roles(
  organization_id text, member text, slugs text[], observed_at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  said text[] := array(select distinct s collate "C" from unnest(observe_member_roles.slugs) s where s <> '' order by 1);
  last record;
begin
  if cardinality(said) = 0 or observed_at is null or not isfinite(observed_at) then
    raise exception 'a look at a token needs its roles and its time'
      using errcode = '22023',
        hint = 'slugs: the roles claim (skip the call where a token has none); observed_at: its iat.';
  end if;
  perform rolecall.require_organization(observe_member_roles.organization_id);
  select o.seen -> 'roles' as roles, o.seen_status as status into last from rolecall.observed o
   where o.subject = rolecall.member_subject(observe_member_roles.organization_id, observe_member_roles.member);
  if last.status = 'active' and last.roles @> to_jsonb(said) and to_jsonb(said) @> last.roles then
    return 'agrees';
  end if;
  return rolecall.observe_difference(
    observe_member_roles.organization_id, observe_member_roles.member, said, observed_at);
end $$;
comment on function rolecall.observe_member_roles(text, text, text[], timestamptz) is
  'Tells what a session token says of a member (a users.id or, quicker, a WorkOS user id): its role slugs, and its '
  'iat. Answers agrees; older (than what was seen, or with a difference in roles nobody here knows): nothing '
  'follows; asked: WorkOS is read at once and the member is healed by its answer; or entered: a member not known '
  'before has the token''s roles until WorkOS was read. Raises 22023 (no slugs or time; member), 42501, P0002 '
  '(organization, user), 55000 (not linked, user deleted).';

create or replace function rolecall.observe_difference(
  organization_id text, member text, said text[], observed_at timestamptz) returns text
language plpgsql set search_path = pg_catalog, rolecall, pg_temp set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  org rolecall.organizations := rolecall.linked_organization(observe_difference.organization_id);
  person record;
  known rolecall.organization_memberships;
  last rolecall.observed;
begin
  select * into person from rolecall.find_user(org.id, observe_difference.member);
  select * into known from rolecall.organization_memberships m
   where m.organization_id = org.id and m.workos_user_id = person.workos_user_id;
  if known.subject is null then
    return case when rolecall.enter_member(org, person.workos_user_id, person.user_id, said, observed_at, 'login')
                then 'entered' else 'asked' end;
  end if;
  select * into last from rolecall.observed o where o.subject = known.subject;
  -- an iat has whole seconds
  if observed_at < date_trunc('second', rolecall.workos_time(last.seen_at)) then
    return 'older';
  elsif coalesce(last.seen_status, 'active') = 'active' and last.seen is not null
      and rolecall.slugs_known(org.id, said)
        = rolecall.slugs_known(org.id, array(select jsonb_array_elements_text(last.seen -> 'roles'))) then
    return case when to_jsonb(said) @> (last.seen -> 'roles') and (last.seen -> 'roles') @> to_jsonb(said)
                then 'agrees' else 'older' end;
  end if;
  perform rolecall.ask_for_look(org.id, known.subject, 'login');
  return 'asked';
end $$;
comment on function rolecall.observe_difference(text, text, text[], timestamptz) is
  'Part of observe_member_roles: the token differs from what was last seen, or the member is named by users.id.';

create or replace function rolecall.slugs_known(organization_id text, slugs text[]) returns text[]
language sql stable set search_path = pg_catalog, rolecall, pg_temp as $$
  select array(
    select distinct s collate "C" from unnest($2) s
     where exists (select from rolecall.global_roles g where g.workos_slug = s and g.deleted_at is null)
        or exists (select from rolecall.organization_roles r
                    where r.organization_id = $1 and r.workos_slug = s and r.deleted_at is null)
     order by 1)
$$;
comment on function rolecall.slugs_known(text, text[]) is
  'Those of the slugs that name a role of the organization or of the environment here, sorted.';

create or replace function rolecall.request_member_sync(organization_id text, member text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  org rolecall.organizations := rolecall.linked_organization(request_member_sync.organization_id);
  person record;
  known text;
begin
  select * into person from rolecall.find_user(org.id, request_member_sync.member);
  select m.subject into known from rolecall.organization_memberships m
   where m.organization_id = org.id and m.workos_user_id = person.workos_user_id;
  if known is null
      and rolecall.enter_member(org, person.workos_user_id, person.user_id, null, clock_timestamp(), 'request') then
    return 'asked';
  end if;
  perform rolecall.ask_for_look(org.id, rolecall.member_subject(org.id, person.workos_user_id), 'request');
  return 'asked';
end $$;
comment on function rolecall.request_member_sync(text, text) is
  'Has WorkOS read for this member (a users.id or a WorkOS user id) at once, also for one who is not known here; '
  'what WorkOS answers is taken over. Answers asked. Raises 22023 (member), 42501, P0002 (organization, user), '
  '55000 (not linked, user deleted).';
