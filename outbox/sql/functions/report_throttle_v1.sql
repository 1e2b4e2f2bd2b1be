-- report_throttle_v1: WorkOS answered 429; all replicas go slower.
-- Called by:  PgStore::report_throttle.
-- Relies on:  provider_pace, locked for one short statement.
-- Holds:      I11: what WorkOS let through in the last window is what it allows; where that teaches
--             nothing, each burst of refusals takes 15 %. Never below 2 %, so that it can come back.
create or replace function rolecall.report_throttle_v1(class text, answers int, pause_ms int)
returns double precision
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  budget rolecall.provider_budgets;
  pace rolecall.provider_pace;
  moment timestamptz;
  now_used double precision;
  let_through double precision;
  over double precision;  -- how far the window is over
begin
  select b.* into budget from rolecall.provider_budgets b where b.class = report_throttle_v1.class;
  select p.* into pace from rolecall.provider_pace p where p.class = report_throttle_v1.class for update;
  if not found then
    raise exception 'there is no rate class %', class
      using errcode = '22023', hint = 'select class from rolecall.provider_budgets lists them.';
  end if;
  moment := clock_timestamp();
  pace := rolecall.window_v1(pace, budget.per_ms, moment);
  pace.window_given := greatest(0, pace.window_given - answers);
  now_used := rolecall.pace_factor_v1(pace, moment);
  -- Refusals that were already under way when the first was told teach nothing new.
  if pace.throttled = 0 or moment > greatest(pace.slowed_at, pace.quiet_until) + interval '1 s' then
    over := least(1, extract(epoch from moment - pace.window_at) * 1000 / budget.per_ms);
    let_through := (pace.window_given + pace.window_before * (1 - over)) / (budget.limit_calls * budget.share);
    pace.factor := greatest(0.02, case when let_through < now_used then let_through * 0.97 else now_used * 0.85 end);
    pace.slowed_at := moment;
  end if;
  update rolecall.provider_pace p
     set factor = pace.factor, slowed_at = pace.slowed_at, throttled = p.throttled + answers,
         quiet_until = greatest(p.quiet_until, moment + greatest(least(pause_ms, 60000), 1000) * interval '1 ms'),
         window_at = pace.window_at, window_given = pace.window_given, window_before = pace.window_before
   where p.class = report_throttle_v1.class;
  return pace.factor;
end $$;
comment on function rolecall.report_throttle_v1(text, int, int) is
  'Tells of so many answers of 429 and the milliseconds that WorkOS asked for (0: it did not say); '
  'answers the part of the budget that is used from now on.';
