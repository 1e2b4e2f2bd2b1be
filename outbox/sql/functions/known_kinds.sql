-- known_kinds: what the programs of this version can deliver.
-- Called by:  next_due_v1 (unless told), the view attention.
-- Relies on:  nothing.
-- Holds:      a kind outside it waits for a newer program, and never makes an old one spin.
create or replace function rolecall.known_kinds() returns text[]
language plpgsql immutable parallel safe as $$
begin  -- an expression and no query: planning calls this, and would count as one
  return array['role.push', 'role.permissions', 'role.remove', 'member.push', 'member.remove'];
end $$;
comment on function rolecall.known_kinds() is
  'The kinds of outbox rows that a program of this version delivers.';
