-- Files as numbers: id, phase, kind, when they were uploaded, and the instruction that they were uploaded for (only
-- those of kinds other than `unlinked` say so): 301,002 / 325,652 / 325,652.
with dealt as (
    select
        phase, kind, ordinal,
        case
            when kind = 'order_rejected'                         then 'no_doctor_no_office'
            -- two of three that come after A belong to orders of that time
            when phase = 'A' or rnd($seed + 300, ordinal) % 3 = 0 then 'ordinary'
            else                                                      'ordinary_new'
        end as instruction_kind
    from (
        select phase, kind, unnest(generate_series(first, last)) as ordinal from sample._figures where deck = 'file'
    )
),
aimed as (
    select d.*, t.a_end, t.b_end, t.day, i.id as instruction_id, i.at as ordered_at
    from sample._epoch t
    cross join dealt d
    join (select kind, n from sample._figures where deck = 'instruction') k on k.kind = d.instruction_kind
    join sample._instructions i on i.kind = d.instruction_kind
        and i.nth = case
            when d.kind in ('conflicting', 'order_rejected') then 0
            else                                                  rnd($seed + 301, d.ordinal) % k.n
        end
),
-- Within 30 days of the order, in the file's own phase
placed as (
    select phase, kind, ordinal, instruction_id, day,
        greatest(ordered_at, case phase when 'A' then 0 else a_end end) as at_from,
        case phase when 'A' then a_end else b_end end                   as at_to
    from aimed
),
made as (
    select *,
        at_from + 1 + rnd($seed + 302, ordinal) % greatest(1, least(30 * day, at_to - at_from - 1)) as at
    from placed
)
select
    cast(row_number() over (order by at, ordinal) as bigint) as id,
    phase, kind, ordinal, instruction_id, at, at_to
from made
