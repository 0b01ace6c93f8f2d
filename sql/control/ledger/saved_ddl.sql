-- What is still away, of whichever run: indexes first, foreign keys last.
select id, table_schema, table_name, object_name, sort, definition, comment, index_comment,
       is_deferrable, is_deferred, clustered, validated, index_made, columns, referenced, predicate, nulls_equal
from rehome.saved_ddl
order by sort = 'foreign_key', array_position(array['primary_key', 'unique', 'index', 'foreign_key'], sort), id
