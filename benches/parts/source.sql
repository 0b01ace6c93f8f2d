create table mixed (
    id        bigint primary key,
    boss      int,
    active    boolean not null,
    label     text not null,
    note      text,
    amount    numeric(12, 2),
    measured  numeric,
    ratio     double precision,
    day       date,
    noted_at  timestamptz not null,
    local_at  timestamp,
    code      uuid not null,
    details   jsonb,
    tags      text[]
);

insert into mixed
select i, nullif(i / 3, 0), i % 3 > 0, 'the label of row ' || i,
       case when i % 4 > 0 then repeat(md5(i::text) || ' ', (i % 5)::int) end,
       i * 0.37, case when i % 2 = 0 then i / 7.0 end, i / 13.0::float8,
       date '2024-01-01' + (i % 600)::int, timestamptz '2024-01-01 00:00:00+00' + i * interval '17 seconds',
       case when i % 5 > 0 then timestamp '2024-01-01 00:00:00' + i * interval '1 minute' end,
       md5(i::text)::uuid, jsonb_build_object('number', i, 'name', 'row ' || i, 'flags', jsonb_build_array(i % 2 = 0, null)),
       case when i % 3 = 0 then array['a', 'tag ' || i % 10] end
from generate_series(1, {rows}::bigint) i;
