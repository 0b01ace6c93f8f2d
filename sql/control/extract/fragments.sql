-- Pieces of the other statements here, each under its name. {column} is a quoted column.
-- plain: a type whose binary form the reader knows
{column}
-- text: a type's own text
{column}::pg_catalog.text
-- output: the same by its output function, as pg_dump has it; a cast to text may say less, or more
case when {column} is distinct from null then pg_catalog.format('%s', {column}) end
-- texts: each element's own text
{column}::pg_catalog.text[]
-- row_id: where the row lies, for tables without a key
ctid::pg_catalog.text
-- row_id_of_partition: the same, with the partition
tableoid::pg_catalog.regclass::pg_catalog.text || ctid::pg_catalog.text
-- size: what a column takes as it is stored
coalesce(pg_catalog.pg_column_size(rehome_row.{column}), 0)
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
-- blocks: some of a table's blocks, each time the same
tablesample system ({percent}) repeatable (1)
-- of_parents: rows whose parents are in the sample
{column} in (select rehome_row.{key} from {table} as rehome_row {sample} where {range})
