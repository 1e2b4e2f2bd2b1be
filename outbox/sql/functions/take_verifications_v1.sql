-- take_verifications_v1: subjects whose state at WorkOS is to be read, claimed for 30 s.
-- Called by:  PgStore::take_verifications, when no lane is due.
-- Relies on:  lanes_looking, observed_asked, observed_verify; observed_pkey, subjects_pkey, sends_by_subject.
-- Holds:      a read begins with nothing of its subject under way; while the provider is down it is
--             a probe at most. First what somebody waits for at a login, then what a lane waits for, then
--             what only confirms: after an outage thousands of those are due, and reads yield to writes.
create or replace function rolecall.take_verifications_v1(worker bigint, lim int) returns setof jsonb
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  gate record;
  room int := lim;
  claimed text[];
begin
  select g.* into gate from rolecall.provider_gate_v1() g;
  if gate.mode = 'paused' or not rolecall.session_lives_v1(worker) then
    return;
  elsif gate.mode <> 'up' then  -- with nothing to deliver, only a read can find out that WorkOS is back
    if gate.next_probe_ms > 0 or not rolecall.claim_probe_v1() then
      return;
    end if;
    room := least(room, 1);
  end if;
  with asked as materialized (
    select o.subject from rolecall.observed o
     where o.verify_reason in ('login', 'request') and o.verify_at <= (select clock_timestamp())
       and (o.reading_until is null or o.reading_until < (select clock_timestamp()))
       and not exists (select from rolecall.lanes l where l.subject = o.subject
                          and (l.state = 'leased' or l.look_after > clock_timestamp()) offset 0)
     order by o.verify_at limit room for update of o skip locked),
  looks as materialized (  -- one look-up by key for each, whatever the planner believes
    select x.subject
      from (select l.subject from rolecall.lanes l
             where l.look_after <= (select clock_timestamp()) and l.state <> 'leased'
             order by l.look_after limit 1000) l
     cross join lateral (
       select o.subject from rolecall.observed o
        where o.subject = l.subject and o.verify_at <= (select clock_timestamp())
          and o.subject <> all (array(select subject from asked))
          and (o.reading_until is null or o.reading_until < (select clock_timestamp()))
          for update of o skip locked) x
     limit room - (select count(*) from asked)),
  others as materialized (
    select o.subject from rolecall.observed o
     where o.verify_at <= (select clock_timestamp())
       and (o.reading_until is null or o.reading_until < (select clock_timestamp()))
       and not exists (select from rolecall.lanes l where l.subject = o.subject
                          and (l.state = 'leased' or l.look_after > clock_timestamp()) offset 0)
       and o.subject <> all (array(select subject from asked union all select subject from looks))
     order by o.verify_at limit room - (select count(*) from asked) - (select count(*) from looks)
       for update of o skip locked),
  due as (select subject from asked union all select subject from looks union all select subject from others),
  u as (
    update rolecall.observed o set reading_until = clock_timestamp() + interval '30 s'
      from due d where o.subject = d.subject returning o.subject)
  select array_agg(u.subject) into claimed from u;
  if claimed is null then
    return;
  end if;
  if gate.mode <> 'up' then
    perform rolecall.note_probe_v1();
  end if;
  return query
    select jsonb_build_object(
             'subject', s.subject, 'organization', s.organization_id,
             'family', case when s.kind = 'role.permissions' then 'permissions' else split_part(s.kind, '.', 1) end,
             'desired', s.desired, 'incarnation', o.incarnation, 'reason', coalesce(o.verify_reason, ''),
             'noted_version', s.version,
             'noted_send', coalesce((select max(d.id) from rolecall.sends d where d.subject = s.subject), 0),
             'begun_at', rolecall.json_time_v1(clock_timestamp()))
      from unnest(claimed) u (subject)
      join rolecall.subjects s on s.subject = u.subject
      join rolecall.observed o on o.subject = u.subject;
end $$;
comment on function rolecall.take_verifications_v1(bigint, int) is
  'Claims reads that are due, and answers what to read and what was known when it began.';
