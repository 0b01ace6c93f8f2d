-- The object is back as it was.
delete from rehome.saved_ddl where id = $1
