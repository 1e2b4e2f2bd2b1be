-- record_read_v1: keeps what a read showed, unless something moved since it began. False:
-- discarded, due again.
-- Called by:  PgStore::record_read.
-- Relies on:  observed_pkey, lanes_pkey, subjects_pkey, sends_by_subject.
-- Holds:      the discard rule: a read that a lease, a send or a version may have overtaken decides
--             nothing.
create or replace function rolecall.record_read_v1(read jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  key text := read ->> 'subject';
  moved boolean;
begin
  perform from rolecall.observed o where o.subject = key for update;
  if not found then
    return false;
  end if;
  moved := (select l.state from rolecall.lanes l where l.subject = key) is not distinct from 'leased'
        or exists (select from rolecall.subjects s
                    where s.subject = key and s.version > (read ->> 'noted_version')::bigint)
        or exists (select from rolecall.sends d
                    where d.subject = key and d.id > (read ->> 'noted_send')::bigint);
  if moved then
    update rolecall.observed o
       set reading_until = null, verify_at = clock_timestamp() + interval '1 s' where o.subject = key;
    return false;
  end if;
  update rolecall.observed o
     set reading_until = null, verify_at = null, reduce_due_at = clock_timestamp(),
         pending_read = jsonb_build_object('begun_at', read -> 'begun_at', 'shown', read -> 'shown',
                                           'noted_send', read -> 'noted_send')
   where o.subject = key;
  return true;
end $$;
comment on function rolecall.record_read_v1(jsonb) is
  'Keeps a read for the reducer, or discards it and makes another due in a second.';
