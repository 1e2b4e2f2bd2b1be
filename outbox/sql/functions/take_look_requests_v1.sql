-- take_look_requests_v1: what logins asked for becomes a read that is due at once. Answers how many subjects.
-- Called by:  take_in_v1.
-- Relies on:  look_requests_pkey; subjects_pkey, observed_pkey.
-- Holds:      I9: applications write look_requests, workers write observed, and neither waits for the other.
--             A read that began before it was asked for does not answer it: the request waits until that one is reduced.
create or replace function rolecall.take_look_requests_v1(lim int) returns int
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  taken int;
begin
  if not exists (select from rolecall.look_requests) then  -- a login is rare, an intake is not
    return 0;
  end if;
  -- with the stream on, it is what heals: a read is compared only once the stream has reached past it
  update rolecall.schedules s set due_at = clock_timestamp()
   where s.name = 'pull_events' and s.enabled and s.due_at > clock_timestamp();
  with asked as materialized (
    select r.* from rolecall.look_requests r
     where not exists (select from rolecall.observed o
                        where o.subject = r.subject and (o.pending_read is not null or o.reading_until > clock_timestamp()))
     order by r.id limit lim for update of r skip locked),
  gone as (
    delete from rolecall.look_requests r using asked a where r.id = a.id),
  once as materialized (
    select a.subject, (array_agg(a.reason order by a.id desc))[1] as reason,
           (array_agg(a.seen order by a.id) filter (where a.seen is not null))[1] as seen,
           (array_agg(a.seen_at order by a.id) filter (where a.seen is not null))[1] as seen_at,
           (array_agg(a.unresolved order by a.id) filter (where a.seen is not null))[1] as unresolved
      from asked a group by a.subject)
  insert into rolecall.observed as o (
    subject, organization_id, object_key, seen, seen_at, seen_status, seen_source, unresolved, verify_at, verify_reason)
  select s.subject, s.organization_id, s.object_key, n.seen, n.seen_at,
         case when n.seen is not null then 'active' end, case when n.seen is not null then 'read' end,
         coalesce(n.unresolved, '{}'), clock_timestamp(), n.reason
    from once n join rolecall.subjects s on s.subject = n.subject
   order by s.subject  -- two workers meet in one order
  on conflict (subject) do update
    set verify_at = least(o.verify_at, excluded.verify_at), verify_reason = excluded.verify_reason;
  get diagnostics taken = row_count;
  return taken;
end $$;
comment on function rolecall.take_look_requests_v1(int) is
  'Makes the reads due that look_requests asks for; answers of how many subjects.';
