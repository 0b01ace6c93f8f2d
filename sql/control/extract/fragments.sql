-- Pieces of the other statements here, each under its name. {column} is a quoted column.
-- plain: a type that the reader takes over exactly
{column}
-- text: a type's own text
{column}::pg_catalog.text
-- uuid: its 16 bytes
pg_catalog.uuid_send({column})
-- date: days since 2000-01-01; the largest and the smallest are the infinities
pg_catalog.date_send({column})
-- time: microseconds
pg_catalog.time_send({column})
-- timestamp: microseconds since 2000-01-01; the largest and the smallest are the infinities
pg_catalog.timestamp_send({column})
-- timestamptz: as timestamp
pg_catalog.timestamptz_send({column})
-- not_a_number: what no decimal type knows
coalesce(pg_catalog.bool_or({column} = 'NaN'), false)
-- end_of_day: 24:00, which is not 00:00
coalesce(pg_catalog.bool_or({column} = '24:00'), false)
-- not_a_list: several dimensions, or counted from another number than one
coalesce(pg_catalog.bool_or(pg_catalog.array_ndims({column}) > 1 or pg_catalog.array_lower({column}, 1) <> 1), false)
-- bytewise: the order of a text's bytes, whatever the collation
{column}::pg_catalog.text collate pg_catalog."C"
-- only: an ordinary table without its inheritance children
only {table}
-- everything: no bound
true
-- at_least: a lower bound
({columns}) >= ({values})
-- below: an upper bound
({columns}) < ({values})
-- from_block: a lower bound
ctid >= '({block},0)'::pg_catalog.tid
-- to_block: an upper bound
ctid < '({block},0)'::pg_catalog.tid
-- both: two bounds
{low} and {high}
-- sorted: a column that sorts as it is; without its table's name, ORDER BY would take the column selected as text
rehome_row.{column}
-- order: by the key
order by {columns}
-- descending: a column of the key, from its end
{column} desc
