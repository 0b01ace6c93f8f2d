create schema legacy; create schema fresh;
create table legacy.edge (n numeric);
insert into legacy.edge values (null), (0), (0.00), (1.5), (1.50), (-0.5), (2.5), (-2.5), (3), (7), (-1), (1e30), (123456789012345678901234567890123456789012345678901234567890),
    (1e-20), (12345.678900), ('NaN'), ('Infinity'), ('-Infinity');
create table legacy.pair as
    select row_number() over (order by a.n, b.n, a.n::text, b.n::text)::int as id, a.n as a, b.n as b,
           (row_number() over () % 7 - 3)::int as i, ((row_number() over () % 9 - 4) * 0.25)::numeric(10,2) as d,
           'x'::text as t, (row_number() over () % 5)::float8 / 4 as f
    from legacy.edge a cross join legacy.edge b;
alter table legacy.pair add primary key (id);
