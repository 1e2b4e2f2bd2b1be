-- pace_v1, window_v1: how far apart calls leave now, and how many left in the last window.
-- Called by:  take_tokens_v1, report_throttle_v1, the view budgets.
-- Relies on:  values only.
-- Holds:      a slowed class comes back slowly at first, then faster, and is whole after 80 s.
create or replace function rolecall.pace_factor_v1(pace rolecall.provider_pace, moment timestamptz)
returns double precision
language sql immutable parallel safe set search_path = pg_catalog, rolecall, pg_temp as $$
  select least(1, (pace).factor + 0.001 * s.seconds + 0.00014 * s.seconds ^ 2)
    from (select greatest(0, extract(epoch from moment - greatest((pace).slowed_at, (pace).quiet_until)))) s (seconds)
$$;
comment on function rolecall.pace_factor_v1(rolecall.provider_pace, timestamptz) is
  'The part of the budget that may be used at that moment.';

-- 1.5 % is kept back: calls arrive a little less evenly than they leave, and WorkOS counts arrivals.
create or replace function rolecall.pace_v1(budget rolecall.provider_budgets, pace rolecall.provider_pace, moment timestamptz)
returns interval
language sql immutable parallel safe set search_path = pg_catalog, rolecall, pg_temp as $$
  select greatest(interval '1 us',  -- a limit that is none must not become a distance of nothing
                  (budget).per_ms / ((budget).limit_calls * (budget).share * 0.985 * rolecall.pace_factor_v1(pace, moment))
                  * interval '1 ms')
$$;
comment on function rolecall.pace_v1(rolecall.provider_budgets, rolecall.provider_pace, timestamptz) is
  'The distance between two calls of all replicas together.';

-- The windows as they stand at that moment: a window that is over moves back, an older one is forgotten.
create or replace function rolecall.window_v1(pace rolecall.provider_pace, per_ms int, moment timestamptz)
returns rolecall.provider_pace
language plpgsql immutable parallel safe set search_path = pg_catalog, rolecall, pg_temp as $$
declare
  span interval := per_ms * interval '1 ms';
begin
  if moment >= pace.window_at + 2 * span then
    pace.window_before := 0;
    pace.window_given := 0;
    pace.window_at := moment;
  elsif moment >= pace.window_at + span then
    pace.window_before := pace.window_given;
    pace.window_given := 0;
    pace.window_at := pace.window_at + span;
  end if;
  return pace;
end $$;
comment on function rolecall.window_v1(rolecall.provider_pace, int, timestamptz) is
  'The row with its two windows moved to that moment.';
