-- The index is back; its constraint may still be missing.
update rehome.saved_ddl set index_made = true where id = $1
