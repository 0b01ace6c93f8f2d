-- Has nobody else this chunk under way? Nobody else has, then, until this transaction ends. What two chunks have in common by chance is told
-- apart by the claim.
select pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', $1::uuid, $2::text, $3::text), 125779869396325)) as free
