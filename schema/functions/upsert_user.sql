-- upsert_user, claim_memberships: make a person known, and link them to WorkOS.
-- Called by:  applications; claim_memberships by apply_user_v1 too.
-- Relies on:  users by id; workos_user_id is unique; organization_memberships_unclaimed and _by_user,
--             organization_role_assignments_active and _past.
-- Holds:      memberships of a WorkOS user that nobody knew belong to the person who turns out to be that user.
create or replace function rolecall.upsert_user(id text, email text, workos_user_id text)
returns rolecall.users
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  before rolecall.users;
  after rolecall.users;
  other text;
begin
  if coalesce(upsert_user.id, '') = '' or coalesce(upsert_user.email, '') = '' then
    raise exception 'id and email are needed'
      using errcode = '22023', hint = 'upsert_user(id, email, workos_user_id)';
  elsif upsert_user.workos_user_id = '' then
    raise exception 'workos_user_id is empty'
      using errcode = '22023', hint = 'Pass null for a person who is not linked yet.';
  end if;
  select u.id into other from rolecall.users u where u.workos_user_id = upsert_user.workos_user_id
    and u.id <> upsert_user.id;
  if other is not null then
    raise exception '% is linked to user % already', upsert_user.workos_user_id, other
      using errcode = '23505', hint = 'One person here is one user at WorkOS.';
  end if;
  insert into rolecall.users as u (id, email, workos_user_id)
  values (upsert_user.id, upsert_user.email, upsert_user.workos_user_id)
  on conflict (id) do nothing returning * into after;
  if after.id is null then
    select * into before from rolecall.users u where u.id = upsert_user.id for no key update;
    -- a user deleted and made again at WorkOS has a new id there: the newest link counts
    update rolecall.users u
       set email = upsert_user.email, deleted_at = null, updated_at = clock_timestamp(),
           workos_user_id = coalesce(upsert_user.workos_user_id, u.workos_user_id)
     where u.id = before.id returning * into after;
  end if;
  perform rolecall.claim_memberships(after);
  perform rolecall.audit(null, null, null, 'upsert_user', rolecall.request_reason(),
    jsonb_build_object('user', after.id, 'workos_user_id', after.workos_user_id, 'before_workos_user_id',
      before.workos_user_id));
  return after;
end $$;
comment on function rolecall.upsert_user(text, text, text) is
  'Makes a person known, or changes them; a null workos_user_id leaves the link as it is; a '
  'deleted person is back. '
  'Raises 22023 (empty id or email) and 23505 (WorkOS user linked to somebody else).';

create or replace function rolecall.claim_memberships(person rolecall.users) returns void
language plpgsql set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
begin
  update rolecall.organization_memberships m set user_id = person.id, updated_at = clock_timestamp()
   where m.user_id is null and (m.organization_id, m.workos_user_id) in (
     select x.organization_id, x.workos_user_id from rolecall.organization_memberships x
      where x.workos_user_id = person.workos_user_id and x.user_id is null order by 1, 2 for no key update);
  -- those held and those that have ended have an index each
  update rolecall.organization_role_assignments a set user_id = person.id
    from rolecall.organization_memberships m
   where m.user_id = person.id and m.workos_user_id = person.workos_user_id
     and a.organization_id = m.organization_id and a.workos_user_id = m.workos_user_id and a.user_id is null
     and a.deleted_at is null;
  update rolecall.organization_role_assignments a set user_id = person.id
    from rolecall.organization_memberships m
   where m.user_id = person.id and m.workos_user_id = person.workos_user_id
     and a.organization_id = m.organization_id and a.workos_user_id = m.workos_user_id and a.user_id is null
     and a.deleted_at is not null;
end $$;
comment on function rolecall.claim_memberships(rolecall.users) is
  'Gives memberships and assignments of a WorkOS user whom nobody knew to the person who turns out to be that user.';
