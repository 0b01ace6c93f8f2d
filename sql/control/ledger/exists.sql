-- Is the ledger whole in this database? A copy of the schema may lack a table, an older version a column.
select not exists (
    select from unnest(array['epoch', 'runs', 'chunks', 'flows', 'quarantine', 'existing', 'saved_ddl']) as needed (name)
    where to_regclass('rehome.' || needed.name) is null
) and exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = to_regclass('rehome.quarantine') and a.attname = 'cause_key' and not a.attisdropped
) as made
