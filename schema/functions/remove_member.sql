-- remove_member: somebody leaves an organization.
-- Called by:  applications.
-- Relies on:  organization_memberships by key.
-- Holds:      the last admin stays; a removal goes first.
create or replace function rolecall.remove_member(organization_id text, member text)
returns rolecall.organization_memberships
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  org rolecall.organizations := rolecall.linked_organization(remove_member.organization_id);
  left_row rolecall.organization_memberships := rolecall.find_membership(org.id, remove_member.member);
  held text[] := rolecall.held_roles(org.id, left_row.workos_user_id);
  outbox_id bigint;
begin
  perform rolecall.hold_admins(org.id, held, '{}');
  perform from rolecall.organization_memberships m where m.subject = left_row.subject for no key update;
  perform rolecall.bump(left_row.subject, org.id, 'member.remove', '{}');
  left_row := rolecall.find_membership(org.id, remove_member.member);
  held := rolecall.held_roles(org.id, left_row.workos_user_id);
  perform rolecall.keep_an_admin(left_row, held, '{}');
  perform rolecall.give_roles(left_row, '{}');
  update rolecall.organization_memberships m set deleted_at = clock_timestamp(), updated_at = clock_timestamp()
   where m.subject = left_row.subject returning * into left_row;
  if left_row.directory_managed then
    raise notice '% is managed by a directory, which will undo this change', left_row.workos_user_id;
  end if;
  outbox_id := rolecall.publish(left_row.subject, org.id, 'member.remove',
    jsonb_build_object('organization', org.workos_organization_id, 'user', left_row.workos_user_id),
    '{}', 0, rolecall.actor(), rolecall.request_reason(), true);
  perform rolecall.audit(org.id, left_row.subject, (select s.version from rolecall.subjects s
    where s.subject = left_row.subject),
    'remove_member', rolecall.request_reason(),
    jsonb_build_object('outbox_id', outbox_id, 'before', to_jsonb(held), 'after', '[]'::jsonb));
  return left_row;
end $$;
comment on function rolecall.remove_member(text, text) is
  'Ends a membership and all its roles; rolecall.add_member brings it back. Raises 22023 '
  '(member), 42501, P0002 (organization, or no member), 55000 (not linked; last admin).';
