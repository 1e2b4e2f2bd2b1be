-- take_tokens_v1: a block of calls for one replica, evenly spaced behind everything given out before.
-- Called by:  PgStore::take_tokens.
-- Relies on:  provider_pace, locked for one short statement, general first; provider_budgets is only
--             read, so that an operator's open transaction stops nobody.
-- Holds:      I11. A block lasts a quarter of a second at most and begins within half of one, so that
--             what is not used lapses soon and a slow-down is felt soon.
create or replace function rolecall.take_tokens_v1(
  class text, want int, out tokens int, out first_in_us bigint, out every_us bigint, out ask_again_ms bigint)
language plpgsql security definer set search_path = pg_catalog, rolecall, pg_temp as $$
#variable_conflict use_column
declare
  budget rolecall.provider_budgets;
  pace rolecall.provider_pace;
  of_all rolecall.provider_pace;
  all_calls rolecall.provider_budgets;
  moment timestamptz;
  begins timestamptz;
  every interval;
  every_of_all interval;
begin
  select b.* into budget from rolecall.provider_budgets b where b.class = take_tokens_v1.class;
  if not found then
    raise exception 'there is no rate class %', class
      using errcode = '22023', hint = 'select class from rolecall.provider_budgets lists them.';
  end if;
  select b.* into all_calls from rolecall.provider_budgets b where b.class = 'general';
  select p.* into of_all from rolecall.provider_pace p where p.class = 'general' for update;
  pace := of_all;
  if take_tokens_v1.class <> 'general' then
    select p.* into pace from rolecall.provider_pace p where p.class = take_tokens_v1.class for update;
  end if;

  moment := clock_timestamp();
  every_of_all := rolecall.pace_v1(all_calls, of_all, moment);
  every := greatest(rolecall.pace_v1(budget, pace, moment), every_of_all);
  begins := greatest(moment, pace.given_until, pace.quiet_until, of_all.given_until, of_all.quiet_until);
  tokens := case when begins > moment + interval '500 ms' then 0
                 else least(want, greatest(1, floor(extract(epoch from interval '250 ms') / extract(epoch from every))::int)) end;
  first_in_us := ceil(1000000 * extract(epoch from begins - moment));
  every_us := ceil(1000000 * extract(epoch from every));
  ask_again_ms := greatest(1, ceil(1000 * extract(epoch from begins - moment - interval '250 ms')));
  if tokens = 0 then
    return;
  end if;

  of_all := rolecall.window_v1(of_all, all_calls.per_ms, moment);
  update rolecall.provider_pace p
     set given_until = greatest(p.given_until, moment) + tokens * every_of_all,
         window_at = of_all.window_at, window_before = of_all.window_before,
         window_given = of_all.window_given + tokens
   where p.class = 'general';
  if take_tokens_v1.class <> 'general' then
    pace := rolecall.window_v1(pace, budget.per_ms, moment);
    update rolecall.provider_pace p
       set given_until = begins + tokens * every,
           window_at = pace.window_at, window_before = pace.window_before,
           window_given = pace.window_given + tokens
     where p.class = take_tokens_v1.class;
  end if;
end $$;
comment on function rolecall.take_tokens_v1(text, int) is
  'Gives a replica up to so many calls of a rate class: microseconds until the first and between '
  'two, or none and the milliseconds after which to ask again.';
