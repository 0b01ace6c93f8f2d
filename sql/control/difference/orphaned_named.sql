-- Where ids are no UUIDs of ours: those by which the ledger knows the rows, by their keys.
join unnest($5::text[], $6::uuid[]) n (key, row_id) on n.key = {key}
