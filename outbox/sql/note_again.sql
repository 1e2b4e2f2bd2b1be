-- note_again: notes anew what is known of subjects that are read again.
-- Called by:  PgReconcileStore::note_again.
-- Relies on:  rolecall.note_again_v1.
-- Holds:      as that function.
select rolecall.note_again_v1($1, $2::bigint, $3::text[]) as answer
