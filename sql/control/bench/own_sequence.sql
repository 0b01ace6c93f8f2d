-- The target's own sequence must not move.
create sequence if not exists {sequence};
alter table {table} alter column {column} set default pg_catalog.nextval({literal})
