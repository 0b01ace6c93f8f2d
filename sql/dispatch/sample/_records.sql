-- The records as numbers: id, phase, model and kind (_decks_communication.sql), what they are on, and when they were
-- made. 70,742, none of them made after B. What a record is on is older than the record, where it exists.
with dealt as (
    select
        phase, kind, first, unnest(generate_series(first, last)) as ordinal,
        split_part(kind, ' ', 1) as model, split_part(kind, ' ', 2) as parent_kind,
        case split_part(kind, ' ', 1) when 'treatmentplan' then 'plan' else split_part(kind, ' ', 1) end as table_of
    from sample._figures
    where deck = 'record'
),
parents as (
    select 'plan' as table_of, kind as parent_kind, nth, id, at from sample._plans
    union all
    select 'instruction', kind, nth, id, at from sample._instructions
    union all
    select 'patient', kind, nth, id, at from sample._patients
),
sizes as (
    select deck as table_of, kind as parent_kind, n
    from sample._figures
    where deck in ('plan', 'instruction', 'patient')
    union all
    select 'plan', 'cycle', 7 * n from sample._figures where deck = 'plan_cycle'
),
aimed as (
    select
        d.*, rnd($seed + 201, d.ordinal) % z.n as parent_nth,
        case d.phase when 'A' then t.a_end else t.b_end end as until,
        -- not before 2018, and in its own phase
        case d.phase when 'A' then 1514764800000000 else t.a_end end as since,
        t.day
    from sample._epoch t
    cross join dealt d
    left join sizes z on z.table_of = d.table_of and z.parent_kind = d.parent_kind
),
placed as (
    select a.*, p.id as parent_id, p.at as parent_at, greatest(a.since, coalesce(p.at, 0)) as at_from
    from aimed a
    left join parents p on p.table_of = a.table_of and p.parent_kind = a.parent_kind and p.nth = a.parent_nth
),
timed as (
    select *,
        at_from + 1 + rnd($seed + 202, ordinal) % greatest(1, case
            -- within 200 days of what it is on
            when parent_at is null then until - at_from - 1
            else                        least(200 * day, until - at_from - 1)
        end) as at
    from placed
)
select
    cast(row_number() over (order by at, ordinal) as bigint) as id,
    phase, model, parent_kind, first, ordinal, at, until,
    coalesce(parent_id, case model
        when 'instruction' then 8000001 + ordinal
        when 'patient'     then 7000001 + ordinal
        else                    1 + rnd($seed + 203, ordinal) % 5000
    end) as object_id,
    model = 'plan' and parent_kind in ('root', 'revision', 'root_new', 'revision_new') as on_loaded_plan
from timed
