-- lease_due: up to $2 due lanes for worker $1, for $3 ms, of the kinds $4, each organization in turn from the
-- places $5 on; their sends are recorded in it.
-- Called by:  PgStore::lease_due, whenever there is room.   Answers: one row, a document; revocations first.
-- Relies on:  lanes_due, lanes_due_by_organization (partial).
-- Holds:      I2 one lease per lane; I3 the lane's own content; I6 a retired worker gets nothing; I13 no waiting lane.
select rolecall.lease_due_v1($1::bigint, $2::int, $3::int, $4::text[], $5::text[])::text as batch
