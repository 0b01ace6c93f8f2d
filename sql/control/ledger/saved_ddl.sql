-- What is still away, of whichever run: indexes first, those of partitions before what holds them together, foreign keys last.
select id, table_schema, table_name, object_name, sort, definition, comment, index_comment,
       is_deferrable, is_deferred, clustered, validated, index_made, columns, referenced, predicate, nulls_equal, holds
from rehome.saved_ddl
order by sort = 'foreign_key', holds is not null,
         case when holds is null then array_position(array['primary_key', 'unique', 'index', 'foreign_key'], sort) end, id
