-- Rows that are new, so that they can be taken back; where a trigger has made something else of what was written, what. Not all ($3):
-- only the latter.
insert into rehome.before_images (run_id, flow, row_id, legacy_key, move, identity, after, altered)
select $1, $2, found.row_id, found.legacy_key, 'inserted', found.identity, found.after, nullif(found.altered, '{}')
from (
    select s.rehome_row as row_id, s.rehome_key as legacy_key, {identity} as identity, {hash} as after,
           array_remove(array[{differing}]::text[], null) as altered
    from pg_temp.rehome_new s
    join {table} t on {equal}
) found
where $3 or found.altered <> '{}'
on conflict do nothing
