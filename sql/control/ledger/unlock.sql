-- The next loader need not wait for this session to end.
select pg_advisory_unlock(125779869396325)
