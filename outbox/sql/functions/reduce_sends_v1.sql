-- reduce_sends_v1: what the reducer made of sends: matched by a read, absorbed, or closed.
-- Called by:  reduce_apply_v2.
-- Relies on:  sends_pkey, sends_by_subject.
-- Holds:      a send leaves the record only when the reducer closes it, when it cannot be applied,
--             or when it aged out.
create or replace function rolecall.reduce_sends_v1(reduction jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  key text := reduction ->> 'subject';
begin
  if reduction -> 'matched' <> '{}' then  -- each is rare, and a statement for nothing is not free
    update rolecall.sends s set state = 'matched', workos_updated_at = m.seen_at
      from jsonb_each_text(reduction -> 'matched') m (send, seen_at)
     where s.id = m.send::bigint and s.subject = key;
  end if;
  if reduction -> 'absorbed' <> '[]' then
    update rolecall.sends s set absorbed = true
      from jsonb_array_elements_text(reduction -> 'absorbed') a (id)
     where s.id = a.id::bigint and s.subject = key;
  end if;
  if reduction -> 'closed' <> '[]' then
    delete from rolecall.sends s
     using jsonb_array_elements_text(reduction -> 'closed') c (id)
     where s.id = c.id::bigint and s.subject = key;
  end if;
end $$;
comment on function rolecall.reduce_sends_v1(jsonb) is 'Part of reduce_apply_v2: sends.';
