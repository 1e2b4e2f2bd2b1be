-- mirror_lock: the mirror row of a subject, if nobody else has it.
-- Called by:  the reducer, before it takes a subject's facts.
-- Relies on:  unique (subject) on organization_memberships, organization_roles (both columns).
-- Holds:      I9 never waits for an application; what is busy is done later.
create or replace function rolecall.mirror_lock(subject text) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
  perform from rolecall.organization_memberships m where m.subject = mirror_lock.subject
    for no key update skip locked;
  if found then return true; end if;
  perform from rolecall.organization_roles r where r.subject = mirror_lock.subject
    for no key update skip locked;
  if found then return true; end if;
  perform from rolecall.organization_roles r where r.permissions_subject = mirror_lock.subject
    for no key update skip locked;
  if found then return true; end if;
  return not exists (select from rolecall.organization_memberships m where m.subject = mirror_lock.subject)
     and not exists (select from rolecall.organization_roles r where r.subject = mirror_lock.subject)
     and not exists (select from rolecall.organization_roles r
       where r.permissions_subject = mirror_lock.subject);
end $$;
comment on function rolecall.mirror_lock(text) is
  'Locks the mirror row of the subject without waiting: false when somebody else holds it, true '
  'when it is ours or there is none.';
