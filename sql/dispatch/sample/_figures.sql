-- How many rows of each kind the sample has, at the scale asked for: one row a deck, phase and kind.
--
-- A deck is one population (patients, plans, …), laid out in phases: A = made up to epoch A, B = between A and B,
-- C = between B and C. `size` is the count at scale 1. n = round(size * scale), but not less than `least`; the one kind
-- of a phase that is marked `fill` takes what is left, so that the phase's total is round(total * scale). A row of the
-- deck may stand for several rows of the table (`weight`: a thread of 21 comments). Ordinals first … last run from 1
-- through the whole deck, in the order of `place`.
with planned as (
    select * from sample._decks_practice
    union all
    select * from sample._decks_communication
    union all
    select * from sample._decks_files
    union all
    select * from sample._decks_clinical
    union all
    select * from sample._decks_business
),
rounded as (
    select *,
        case when fill then 0 else greatest(least, cast(round(size * $scale) as bigint)) end as n_fixed,
        cast(sum(size * weight) over (partition by deck, phase) as bigint) as phase_size,
        cast(sum(size * weight) over (partition by deck order by phase) as bigint) as size_so_far
    from planned
),
counted as (
    select deck, place, phase, kind, weight, fill,
        case when fill
            then greatest(least, (cast(round(size_so_far * $scale) as bigint)
                                  - cast(round((size_so_far - phase_size) * $scale) as bigint)
                                  - cast(sum(n_fixed * weight) over (partition by deck, phase) as bigint)) / weight)
            else n_fixed
        end as n
    from rounded
)
select deck, place, phase, kind, weight, fill, n,
    cast(sum(n) over (partition by deck order by place) as bigint) - n + 1 as first,
    cast(sum(n) over (partition by deck order by place) as bigint)         as last
from counted
