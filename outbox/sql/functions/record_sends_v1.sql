-- record_sends_v1: records, for lanes just leased, what may now reach WorkOS; answers the leases as
-- documents.
-- Called by:  lease_due_v1, in the transaction that leased them.
-- Relies on:  lanes_pkey, subjects_pkey, observed_pkey, sends_by_subject, sends_open_slugs (gin).
-- Holds:      a send is on record before a byte leaves. A statement of its own: its snapshot is
--             younger than the locks.
create or replace function rolecall.record_sends_v1(leased text[]) returns jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  answer jsonb;
  window_ms int;
begin
  if cardinality(leased) = 0 then
    return '[]';
  end if;
  select c.send_window_ms into window_ms from rolecall.provider_control c;
  with said as materialized (
    select nextval('rolecall.sends_id_seq') as send_id, l.*, s.object_key, b.incarnation, b.seen, coalesce(b.looked, false) as looked,
           rolecall.operation_v1(l.kind, b.incarnation, b.seen_status,
             coalesce((s.touched ->> '*')::bigint, 0) > coalesce(b.echoed_version, 0)) as operation,
           -- also where a wait lasted too long: a slug may still be that of a role about to end
           case when l.kind like 'member.%' and l.waits_for <> '{}'
                then rolecall.unready_slugs_v1(array(  -- a member who wants the slug of one that ended means the next one
                       select w::rolecall.wait from unnest(l.waits_for) w join rolecall.subjects x on x.subject = w.subject
                        where x.kind <> 'role.remove'))
                when l.kind <> 'role.push' and l.waits_for <> '{}'
                then rolecall.unready_slugs_v1(l.waits_for) else '[]' end
             || rolecall.unready_heirs_v1(l.kind, l.desired) as unready_slugs
      from unnest(leased) u (subject)
      join rolecall.lanes l on l.subject = u.subject
      join rolecall.subjects s on s.subject = u.subject
      left join rolecall.observed b on b.subject = u.subject),
  worded as materialized (  -- what is said, not what is wanted: it must be known again when it lands late
    select d.*, rolecall.sayable_v1(d.kind, d.desired, d.unready_slugs, d.organization_id) as value from said d),
  sent as (
    insert into rolecall.sends (id, subject, object_key, version, lease_token, operation, incarnation, value, names_slugs)
    overriding system value  -- drawn above, so that nobody has to find it again among all the others
    select d.send_id, d.subject, d.object_key, d.leased_version, d.lease_token, d.operation,
           case when d.operation <> 'create' then d.incarnation end,
           case when d.operation <> 'delete' then d.value end, rolecall.named_slugs_v1(d.kind, d.value)
      from worded d)
  select jsonb_agg(jsonb_build_object(
           'subject', d.subject, 'organization', d.organization_id, 'kind', d.kind,
           'version', d.leased_version, 'token', d.lease_token, 'send', d.send_id, 'outbox_id', d.wanted_id,
           'desired', d.desired, 'operation', d.operation, 'incarnation', d.incarnation,
           'seen', d.seen, 'looked', d.looked,
           'create_in_doubt', exists (select from rolecall.sends o
              where o.subject = d.subject and o.state = 'open' and o.operation = 'create'),
           'unready_slugs', d.unready_slugs,
           'role_ended', d.kind = 'role.permissions' and rolecall.role_ended_v1(d.subject),
           'quarantine_left_ms', case when d.kind = 'role.push' and d.operation = 'create'
              then rolecall.quarantine_left_v1(d.subject, d.object_key, rolecall.named_slugs_v1(d.kind, d.desired), window_ms) else 0 end,
           'attempts', d.attempts, 'leases', d.leases, 'delivered', d.delivered_version, 'priority', d.priority)
         order by d.priority, d.next_attempt_at, d.lease_token)
    into answer from said d;
  return coalesce(answer, '[]');
end $$;
comment on function rolecall.record_sends_v1(text[]) is
  'Writes one open send for each lane just leased, and answers everything that its workflow '
  'may know.';
