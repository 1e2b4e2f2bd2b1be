-- member_subject, ask_for_look, enter_member: a look at WorkOS is asked for, of a member who may not be known yet.
-- Called by:  observe_member_roles, request_member_sync; skip_event.
-- Relies on:  organization_memberships_pkey, look_requests_by_subject; bump, give_roles, resolve_slugs.
-- Holds:      a token gives nothing to somebody who is known here, and takes nothing from anybody.
create or replace function rolecall.member_subject(organization_id text, workos_user_id text) returns text
language sql immutable parallel safe as $$
  select 'member:' || rolecall.key_part($1) || ':' || rolecall.key_part($2)
$$;
comment on function rolecall.member_subject(text, text) is 'The subject of a membership.';

create or replace function rolecall.ask_for_look(
  organization_id text, subject text, reason text, seen jsonb default null, seen_at text default null,
  unresolved jsonb default '{}') returns void
language plpgsql set search_path = pg_catalog, rolecall, pg_temp set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  -- One that waits already is as good, and a worker that is away shall not find a thousand, unless the transaction
  -- cannot know whether it still waits.
  insert into rolecall.look_requests (organization_id, subject, reason, seen, seen_at, unresolved)
  select ask_for_look.organization_id, ask_for_look.subject, ask_for_look.reason, ask_for_look.seen,
         ask_for_look.seen_at, ask_for_look.unresolved
   where ask_for_look.seen is not null
      or current_setting('transaction_isolation') <> 'read committed'
      or not exists (select from rolecall.look_requests r where r.subject = ask_for_look.subject);
  perform rolecall.wake_workers();
end $$;
comment on function rolecall.ask_for_look(text, text, text, jsonb, text, jsonb) is
  'Leaves a request for a look at WorkOS, and wakes the workers when the transaction commits.';

create or replace function rolecall.enter_member(
  organization rolecall.organizations, workos_user_id text, user_id text, slugs text[], said_at timestamptz,
  reason text) returns boolean
language plpgsql set search_path = pg_catalog, rolecall, pg_temp set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  entered rolecall.organization_memberships;
  said text := rolecall.json_time_v1(said_at);
  desired jsonb := jsonb_build_object('organization', organization.workos_organization_id, 'user', enter_member.workos_user_id);
  kind text := case when slugs is null then 'member.remove' else 'member.push' end;
begin
  insert into rolecall.organization_memberships (organization_id, workos_user_id, user_id, deleted_at)
  values (organization.id, enter_member.workos_user_id, enter_member.user_id,
          case when slugs is null then clock_timestamp() end)
  on conflict (organization_id, workos_user_id) do nothing returning * into entered;
  if entered.subject is null then  -- somebody was quicker
    return false;
  end if;
  if slugs is not null then
    desired := desired || jsonb_build_object('roles', to_jsonb(slugs));
  end if;
  perform rolecall.bump(entered.subject, organization.id, kind, desired);
  perform rolecall.give_roles(entered, array(
    select r.role_urn from rolecall.resolve_slugs(organization.id, entered.workos_user_id, slugs, said_at) r
     where r.role_urn is not null));
  perform rolecall.ask_for_look(organization.id, entered.subject, reason,
    case when slugs is not null then desired end, case when slugs is not null then said end,
    (select coalesce(jsonb_object_agg(r.slug, said), '{}')
       from rolecall.resolve_slugs(organization.id, entered.workos_user_id, slugs, said_at) r
      where r.role_urn is null));
  perform rolecall.audit(organization.id, entered.subject, 1, 'entered_unverified', rolecall.request_reason(),
    jsonb_build_object('reason', reason, 'slugs', to_jsonb(slugs), 'said_at', said, 'before', '[]'::jsonb,
                       'after', to_jsonb(rolecall.held_roles(organization.id, entered.workos_user_id))));
  return true;
end $$;
comment on function rolecall.enter_member(rolecall.organizations, text, text, text[], timestamptz, text) is
  'Makes the row of a membership that nobody here knew, as a token shows it (slugs null: as no member), and asks '
  'for a look. False: it is known by now.';
