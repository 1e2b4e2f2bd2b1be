-- oldest program: 0.1.0
-- A read that a lane waits for comes before those that only confirm.

create index lanes_looking on rolecall.lanes (look_after) where look_after is not null;
