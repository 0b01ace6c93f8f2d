-- The three dates of the source, in microseconds since 1970 (UTC): the end of each epoch, and where this sample stops.
-- A row exists in an epoch if it was created before that end.
select
    1755561600000000 as a_end,              -- 2025-08-18, day's end
    1760832000000000 as b_end,              -- 2025-10-18
    1761609600000000 as c_end,              -- 2025-10-27
    case $epoch
        when 'A' then 1755561600000000
        when 'B' then 1760832000000000
        else          1761609600000000
    end as until,
    $epoch = 'C' as is_c                    -- changes B → C show
