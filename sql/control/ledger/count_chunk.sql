-- What the chunk brought, known only at its end.
update rehome.chunks
set rows = $4, refused = $5, committed_at = clock_timestamp()
where run_id = $1 and flow = $2 and chunk = $3
