-- Are there rows in this table of the target?
select exists (select from {table}) as found
