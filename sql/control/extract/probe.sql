-- Whether a table has more rows than {limit}, and how wide its first rows are, in bytes of their text.
select
    (select count(*) from (select from {table} limit {limit} + 1) as counted) as rows,
    (
        select coalesce(avg(pg_catalog.octet_length(rehome_row::pg_catalog.text)), 0)::pg_catalog.float8
        from (select * from {table} limit 200) as rehome_row
    ) as width
