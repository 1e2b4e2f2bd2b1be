-- upsert_organization: make an organization known, and link it to WorkOS.
-- Called by:  applications.
-- Relies on:  organizations by id; workos_organization_id is unique.
-- Holds:      what was said under one WorkOS organization is never said under another.
create or replace function rolecall.upsert_organization(id text, name text, workos_organization_id text)
returns rolecall.organizations
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  before rolecall.organizations;
  after rolecall.organizations;
  other text;
  relinks boolean;
begin
  if coalesce(upsert_organization.id, '') = '' or coalesce(upsert_organization.name, '') = '' then
    raise exception 'id and name are needed'
      using errcode = '22023', hint = 'upsert_organization(id, name, workos_organization_id)';
  elsif upsert_organization.workos_organization_id = '' then
    raise exception 'workos_organization_id is empty'
      using errcode = '22023', hint = 'Pass null for an organization that is not linked yet.';
  end if;
  perform rolecall.require_organization(upsert_organization.id);
  select o.id into other from rolecall.organizations o
   where o.workos_organization_id = upsert_organization.workos_organization_id
     and o.id <> upsert_organization.id;
  if other is not null then
    raise exception '% is linked to organization % already',
      upsert_organization.workos_organization_id, other
      using errcode = '23505', hint = 'One organization here is one organization at WorkOS.';
  end if;
  insert into rolecall.organizations as o (id, name, workos_organization_id)
  values (upsert_organization.id, upsert_organization.name, upsert_organization.workos_organization_id)
  on conflict (id) do nothing returning * into after;
  if after.id is null then
    -- another link waits for every mutation that has read this one, and they wait for it; a rename does not
    perform from rolecall.organizations o where o.id = upsert_organization.id
      and o.workos_organization_id <> upsert_organization.workos_organization_id for update;
    relinks := found;
    select * into before from rolecall.organizations o where o.id = upsert_organization.id for no key update;
    if before.workos_organization_id <> upsert_organization.workos_organization_id and (not relinks
        or current_setting('transaction_isolation') not in ('read committed', 'read uncommitted')) then
      raise exception 'organization % cannot be linked anew by this transaction', before.id
        using errcode = '40001',
          hint = 'It was linked a moment ago, or a snapshot hides what uses it: try again under READ COMMITTED.';
    elsif before.workos_organization_id <> upsert_organization.workos_organization_id
        and exists (select from rolecall.subjects s where s.organization_id = before.id) then
      raise exception 'organization % is linked to % and has roles or members there',
        before.id, before.workos_organization_id
        using errcode = '55000', hint = 'Make a new organization for another WorkOS organization.';
    end if;
    update rolecall.organizations o
       set name = upsert_organization.name, updated_at = clock_timestamp(),
           workos_organization_id = coalesce(upsert_organization.workos_organization_id,
             o.workos_organization_id)
     where o.id = before.id returning * into after;
  end if;
  if after.workos_organization_id is distinct from before.workos_organization_id then
    insert into rolecall.new_links (organization_id) values (after.id) on conflict (organization_id) do nothing;
  end if;
  perform rolecall.audit(after.id, null, null, 'upsert_organization', rolecall.request_reason(),
    jsonb_build_object('before', to_jsonb(before), 'after', to_jsonb(after)));
  return after;
end $$;
comment on function rolecall.upsert_organization(text, text, text) is
  'Makes an organization known, or renames it; a null workos_organization_id leaves the link as it '
  'is. '
  'Raises 22023 (empty id or name), 42501 (app.org_id is another), 23505 (WorkOS organization '
  'linked elsewhere), 55000 (linked to another one and in use), 40001 (linked anew outside READ '
  'COMMITTED, or by two at once).';
