-- Whether a table has more rows than {limit}.
select count(*) as rows from (select from {table} limit {limit} + 1) as counted
