create table item_{number} (
    id       int primary key,
    label    text not null,
    amount   numeric(10, 2),
    noted_at timestamptz not null,
    details  jsonb
);

insert into item_{number}
select i, 'item ' || i, i * 1.25, timestamptz '2025-01-01 00:00:00+00' + i * interval '1 hour',
       jsonb_build_object('number', i, 'even', i % 2 = 0)
from generate_series(1, {rows}) i;
