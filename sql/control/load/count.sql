-- How many rows has the table?
select count(*) as rows from {table}
