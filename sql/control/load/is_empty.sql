-- Has the table no row at all?
select not exists (select from {table}) as empty
