-- Keeps a definition before its object is dropped, in the same transaction.
insert into rehome.saved_ddl (run_id, table_schema, table_name, object_name, sort, definition,
                              comment, index_comment, is_deferrable, is_deferred, clustered, validated,
                              columns, referenced, predicate, nulls_equal, holds)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
on conflict do nothing
