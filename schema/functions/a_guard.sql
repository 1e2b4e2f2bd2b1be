-- revoked_by, guard_weigh, guard_words, guard_rows: does somebody revoke too much of an organization?
-- Called by:  guard_reduction_v1; publish_many, in transactions with rolecall.guard = on.
-- Relies on:  guard_windows and guard_holds by key; subjects_by_organization,
--             organization_role_assignments_by_role.
-- Holds:      within a window no more than the share of an organization's assignments is revoked by a
--             source without a person's word: who counts has the lock until it commits.
create or replace function rolecall.revoked_by(
  before rolecall.subjects, kind text, desired jsonb) returns int
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
declare
  kept jsonb;
begin
  if before.kind like 'member.%' and revoked_by.kind like 'member.%' then
    kept := rolecall.elements(revoked_by.kind, revoked_by.desired);
    return (select count(*) from jsonb_object_keys(rolecall.elements(before.kind, before.desired)) role
             where not kept ? role);
  elsif revoked_by.kind = 'role.remove' and before.kind <> 'role.remove' then
    return (select count(*) from rolecall.organization_role_assignments a
             where a.role_urn = before.subject and a.organization_id = before.organization_id
               and a.deleted_at is null);
  end if;
  return 0;
end $$;
comment on function rolecall.revoked_by(rolecall.subjects, text, jsonb) is
  'How many assignments end when this becomes the subject''s desired state: roles that a member '
  'loses, or holders of a role that ends.';

create or replace function rolecall.guard_weigh(
  organization_id text, source text, lost int, out revoked int, out assignments int, out too_many boolean)
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  control rolecall.provider_control := (select c from rolecall.provider_control c);
  past rolecall.guard_windows;
  slot_now bigint := floor(extract(epoch from clock_timestamp()) * 1000 / (control.guard_window_ms / 6));
  passed int;
  counted int[];
begin
  select w.* into past from rolecall.guard_windows w
   where w.organization_id = guard_weigh.organization_id and w.source = guard_weigh.source;
  passed := least(greatest(slot_now - past.slot, 0), 7);
  counted := case when past.slot is null then array_fill(0, array[7])
                  when passed > 0 then (array_fill(0, array[passed]) || past.revoked)[1:7]
                  else past.revoked end;
  assignments := past.assignments;
  select sum(n) into revoked from unnest(counted) n;
  if past.slot is distinct from slot_now then
    select revoked + coalesce(sum(jsonb_array_length(s.desired -> 'roles')), 0) into assignments
      from rolecall.subjects s
     where s.organization_id = guard_weigh.organization_id and s.kind = 'member.push'
       and jsonb_typeof(s.desired -> 'roles') = 'array';
  end if;
  revoked := revoked + guard_weigh.lost;
  too_many := control.guard_share < 1 and revoked >= control.guard_minimum
    and revoked > control.guard_share * assignments;
  if not too_many or guard_weigh.source = 'application' then  -- what the reducer is refused does not happen here
    counted[1] := counted[1] + guard_weigh.lost;
  end if;
  insert into rolecall.guard_windows as w (organization_id, source, slot, revoked, assignments)
  values (guard_weigh.organization_id, guard_weigh.source, slot_now, counted, assignments)
  on conflict (organization_id, source) do update
    set slot = excluded.slot, revoked = excluded.revoked, assignments = excluded.assignments;
end $$;
comment on function rolecall.guard_weigh(text, text, int) is
  'Counts so many revocations for an organization and a source (not the reducer''s, if they are too '
  'many); answers how many it would be in the window, and of how many. The caller has the lock '
  '(7074, guard_key).';

create or replace function rolecall.guard_key(organization_id text, source text) returns int
language sql immutable strict parallel safe as $$
  select hashtext(source || ':' || organization_id)
$$;
comment on function rolecall.guard_key(text, text) is
  'Second half of the advisory lock under which an organization''s revocations are counted.';

create or replace function rolecall.guard_words(source text, lost int, revoked int, assignments int)
returns text
language sql immutable as $$
  select format('%s of %s assignments of the organization would be revoked, %s of them by this: %s',
                revoked, assignments, lost,
                case source when 'reducer' then 'WorkOS shows less than is here, and here nothing was taken away'
                            else 'a transaction with rolecall.guard = on changed so much here, and WorkOS was not told' end)
$$;
comment on function rolecall.guard_words(text, int, int, int) is 'Why the guard holds something, in words.';

create or replace function rolecall.guard_asked() returns boolean
language sql stable as $$
  select coalesce(nullif(pg_catalog.current_setting('rolecall.guard', true), ''), 'off')::boolean
$$;
comment on function rolecall.guard_asked() is 'Whether this transaction asked for the guard: rolecall.guard = on.';

create or replace function rolecall.guard_rows(rows rolecall.outbox[]) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  own constant xid8 := pg_current_xact_id();
  batch record;
  weighed record;
  stopped boolean;
begin
  -- what goes with the revocations (the end of a role) waits with them
  for batch in
    select s.organization_id, array_agg(s.subject) as subjects, array_agg(s.version) as versions,
           array_agg(x.lost) as losses, sum(x.lost)::int as lost
      from unnest(guard_rows.rows) r
      join rolecall.subjects s on s.subject = r.subject
     cross join lateral (select case when r.kind like 'member.%' then rolecall.revoked_by(s, r.kind, r.desired)
                                     else 0 end as lost) x
     where x.lost > 0 or r.kind = 'role.remove'
     group by s.organization_id
  loop
    perform pg_advisory_xact_lock(7074, rolecall.guard_key(batch.organization_id, 'application'));
    select w.* into weighed from rolecall.guard_weigh(batch.organization_id, 'application', batch.lost) w;
    stopped := exists (select from rolecall.guard_holds h
                        where h.transaction = own and h.source = 'application'
                          and h.organization_id = batch.organization_id and h.held);
    insert into rolecall.guard_holds (subject, version, organization_id, source, held, lost, revoked, assignments)
    select u.subject, u.version, batch.organization_id, 'application', stopped, u.lost,
           weighed.revoked, weighed.assignments
      from unnest(batch.subjects, batch.versions, batch.losses) u (subject, version, lost);
    if weighed.too_many and batch.lost > 0 and not stopped then  -- all of the transaction, or nothing
      update rolecall.guard_holds h
         set held = true, revoked = weighed.revoked, assignments = weighed.assignments
       where h.transaction = own and h.source = 'application' and h.organization_id = batch.organization_id;
      perform rolecall.audit(batch.organization_id, null, null, 'mass_revoke_held', rolecall.request_reason(),
        jsonb_build_object('source', 'application', 'revoked', weighed.revoked,
                           'assignments', weighed.assignments, 'transaction', own::text));
    end if;
  end loop;
end $$;
comment on function rolecall.guard_rows(rolecall.outbox[]) is
  'Counts what an application''s transaction revokes; when it is too much, all that it revokes is '
  'held when it is taken in. Waits for another such transaction of the organization.';
