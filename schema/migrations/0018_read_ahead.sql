-- oldest program: 0.1.0
-- While the event stream is behind, its newest events are read before older ones are applied: a member's events go in together.

alter table rolecall.event_stream add column behind_since timestamptz;
comment on column rolecall.event_stream.behind_since is
  'Since then a pull reads pages that are not the last; null: the stream was read to its end, or the pull failed.';

alter table rolecall.provider_control
  add column read_ahead_ms int not null default 15000 check (read_ahead_ms between 0 and 600000);
comment on column rolecall.provider_control.read_ahead_ms is
  'Milliseconds that facts wait at most for the event stream to be read to its end; 0: they do not wait.';

-- subjects_by_object tells the same, and observed is written twice for each fact that comes in.
drop index rolecall.observed_by_object;
