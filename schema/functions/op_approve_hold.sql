-- approve_hold, refuse_guarded: a person's word on what the mass-revoke guard holds.
-- Called by:  operators; refuse_guarded by release, retry and cancel.
-- Relies on:  guard_holds_pkey, guard_holds_by_organization, lanes_pkey, observed_pkey.
-- Holds:      nothing but this, or something newer, or WorkOS itself ends what the guard holds;
--             each lane has its line in the audit log. Idempotent.
create or replace function rolecall.guarded_source(entry rolecall.outbox_history, lane rolecall.lanes)
returns text
language sql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
  select h.source from rolecall.guard_holds h
   where h.subject = entry.subject and h.version = entry.version and h.held and h.approved_at is null
     and entry.version = lane.wanted_version
     and (lane.state = 'held' or (lane.state = 'leased' and lane.requested = 'hold'))
$$;
comment on function rolecall.guarded_source(rolecall.outbox_history, rolecall.lanes) is
  'Whose revocation the guard holds in this row: reducer or application; null: it does not.';

create or replace function rolecall.refuse_guarded(entry rolecall.outbox_history, lane rolecall.lanes)
returns void
language plpgsql stable security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set jit = off as $$
begin
  if rolecall.guarded_source(entry, lane) is not null then
    raise exception 'the mass-revoke guard holds outbox row %: %', entry.id,
      coalesce(lane.failure_detail, lane.requested_reason)
      using errcode = '55000',
        hint = format('select rolecall.approve_hold(%s, ''why''); lets all of its organization go that is held '
                      'for the same cause. To keep the access instead, give it again here or at WorkOS.', entry.id);
  end if;
end $$;
comment on function rolecall.refuse_guarded(rolecall.outbox_history, rolecall.lanes) is
  'Raises 55000 for a row that the mass-revoke guard holds.';

create or replace function rolecall.approve_hold(id bigint, reason text) returns text
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set lock_timeout = '2s' as $$
#variable_conflict use_column
declare
  entry rolecall.outbox_history := rolecall.find_row(approve_hold.id);
  lane rolecall.lanes;
  found_source text;
  freed rolecall.guard_holds[];
begin
  perform rolecall.require_reason(approve_hold.reason);
  select l.* into lane from rolecall.lanes l where l.subject = entry.subject;
  found_source := rolecall.guarded_source(entry, lane);
  if found_source is null then
    return case when exists (select from rolecall.guard_holds h where h.subject = entry.subject
                                and h.version = entry.version and h.approved_at is not null)
                then 'already approved' else coalesce(rolecall.fate_of(entry, lane), 'not held by the guard') end;
  end if;
  -- all of its organization and cause that a worker knows: one decision, not thousands
  perform from rolecall.lanes l where l.subject in (
    select h.subject from rolecall.guard_holds h
     where h.organization_id = entry.organization_id and h.source = found_source
       and h.held and h.approved_at is null)
   order by l.subject for update;
  select array_agg(x.h order by x.subject) into freed from (
    select h, h.subject from rolecall.guard_holds h
      join rolecall.lanes l on l.subject = h.subject and l.wanted_version = h.version
     where h.organization_id = entry.organization_id and h.source = found_source and h.held
       and h.approved_at is null
       and (l.state = 'held' or (l.state = 'leased' and l.requested = 'hold'))
       for update of h) x;
  if found_source = 'reducer' then  -- the facts were kept; the reducer takes them up again
    update rolecall.guard_holds h set approved_at = clock_timestamp()
      from unnest(freed) f where h.subject = f.subject and h.version = f.version;
    update rolecall.observed o set reduce_due_at = clock_timestamp()
     where o.subject in (select x.subject from rolecall.observed x
                          where x.subject = any (array(select f.subject from unnest(freed) f))
                          order by x.subject for update);
  else
    delete from rolecall.guard_holds h using unnest(freed) f where h.subject = f.subject and h.version = f.version;
    update rolecall.lanes l set requested = null, requested_version = null, requested_reason = null
      from unnest(freed) f where l.subject = f.subject and l.state = 'leased';
    perform rolecall.requeue(f.subject) from unnest(freed) f;  -- a leased one stays as it is
  end if;
  -- what was agreed to no longer counts, or the next one would be held at once
  update rolecall.guard_windows w set revoked = array_fill(0, array[7])
   where w.organization_id = entry.organization_id and w.source = found_source;
  perform rolecall.audit(entry.organization_id, f.subject, f.version, 'approve_hold', approve_hold.reason,
                         jsonb_build_object('outbox_id', approve_hold.id, 'source', found_source, 'lost', f.lost,
                                            'lanes', cardinality(freed)))
     from unnest(freed) f;
  perform rolecall.wake_workers();
  return format('approved %s lanes of organization %s', cardinality(freed), entry.organization_id);
end $$;
comment on function rolecall.approve_hold(bigint, text) is
  'Agrees to what the mass-revoke guard holds: this outbox row, and all of its organization that is '
  'held for the same cause (WorkOS showed less, or an application''s transactions). Answers approved '
  '<n> lanes, already approved, not held by the guard, in flight, settled, or superseded by <id>. '
  'Raises 22023 without a reason, P0002 for an unknown id, 55P03 when a lane is locked for 2 s.';

create or replace function rolecall.approve_hold(subject text, reason text) returns text
language sql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
  select rolecall.approve_hold(rolecall.newest_id($1), $2)
$$;
comment on function rolecall.approve_hold(text, text) is 'approve_hold of a subject''s newest version.';
