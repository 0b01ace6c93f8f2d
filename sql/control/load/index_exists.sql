-- Is the index back already?
select to_regclass($1) is not null as found
