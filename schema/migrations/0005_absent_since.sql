-- oldest program: 0.1.0
-- What one look did not find is not gone: a second look, later, decides.

alter table rolecall.observed add column absent_since text collate "C";
comment on column rolecall.observed.absent_since is 'When a read began that did not find what was there; null: it was found since. A second such read removes it here.';
