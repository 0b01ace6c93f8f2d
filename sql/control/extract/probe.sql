-- Whether a table has more rows than {limit}, and how wide its rows are, in bytes of their text: the wider of the two
-- ends of its key, where it has one that is cheap to sort by.
select
    (select count(*) from (select from {table} limit {limit} + 1) as counted) as rows,
    greatest(
        (
            select avg(pg_catalog.octet_length(rehome_row::pg_catalog.text))
            from (select * from {table} {first} limit 100) as rehome_row
        ),
        (
            select avg(pg_catalog.octet_length(rehome_row::pg_catalog.text))
            from (select * from {table} {last} limit 100) as rehome_row
        ),
        1
    )::pg_catalog.float8 as width
