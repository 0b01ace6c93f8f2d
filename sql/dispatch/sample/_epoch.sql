-- The three dates of the source, and units of time, in microseconds since 1970 (UTC): one row.
-- An epoch ends with its day, and holds the rows created before that; `until` is the end of the one asked for.
select
    1755561600000000 as a_end,              -- 2025-08-18
    1760832000000000 as b_end,              -- 2025-10-18
    1761609600000000 as c_end,              -- 2025-10-27
    case $epoch
        when 'A' then 1755561600000000
        when 'B' then 1760832000000000
        else          1761609600000000
    end as until,
    $epoch = 'C' as is_c,                   -- what changes between B and C has changed
    60000000    as minute,
    3600000000  as hour,
    86400000000 as day
