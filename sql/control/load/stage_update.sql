-- A place for the new values of rows that are in the target already.
create temporary table rehome_staged_update on commit drop as select {columns} from {table} with no data
