-- lock_subjects: take the locks of several mutations at once, in the order that all mutations use.
-- Called by:  applications, before they change several subjects, or read their own tables to enqueue.
-- Relies on:  subjects by key; unique subjects of the mirror tables.
-- Holds:      roles, then members, then subjects, each sorted: two that use it never deadlock.
create or replace function rolecall.lock_subjects(subjects text[]) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
  one text;
  owner_id text;
  sorted text[] := array(select distinct u collate "C" from unnest(lock_subjects.subjects) u
    where u is not null order by 1);
begin
  for owner_id in select distinct s.organization_id from rolecall.subjects s where s.subject = any (sorted) loop
    perform rolecall.require_organization(owner_id);
  end loop;
  perform from rolecall.organization_roles r
    where r.subject = any (sorted) or r.permissions_subject = any (sorted) order by r.subject for no key update;
  perform from rolecall.organization_memberships m where m.subject = any (sorted)
    order by m.subject for no key update;
  foreach one in array sorted loop
    perform from rolecall.subjects s where s.subject = one for no key update;
    if not found then
      -- a subject's first version is locked by its name, until the row is there
      perform pg_advisory_xact_lock(7073, hashtext(one));
      perform from rolecall.subjects s where s.subject = one for no key update;
    end if;
  end loop;
end $$;
comment on function rolecall.lock_subjects(text[]) is
  'Locks subjects (also those without a version yet) until the transaction ends. An application '
  'with tables of its own calls it before it reads them and calls '
  'rolecall.enqueue. Retry the transaction on 40001 and 40P01. Raises 42501 for a subject of '
  'another organization than app.org_id.';
