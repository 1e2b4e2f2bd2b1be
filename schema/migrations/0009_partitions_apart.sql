-- oldest program: 0.1.0
-- Partitions are kept apart from the upkeep of each minute: theirs may take seconds, and nothing waits for it.

insert into rolecall.schedules (name, enabled, every_ms) values ('partitions', true, 3600000);
