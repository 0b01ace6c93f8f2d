-- What was found on jaws and in orders, as numbers: brackets, scans, impressions and measurements (deck), each with its
-- id, kind, jaw (with its arch) and instruction, and when it was recorded. 5,000 / 12,000 / 6,000 / 40,000 at C.
-- A parent that is gone has an id from 8,000,001 up.
with aims (phase, kind, jaw_kind, instruction_kind) as (
    values
    ('A', 'jaw',             'known A',   null),
    ('A', 'jaw_other',       'known A',   null),
    ('A', 'jaw_no_doctor',   'no_doctor', null),
    ('A', 'jaw_unknown',     'unknown A', null),
    ('A', 'jaw_gone',        'gone',      null),
    ('A', 'both',            'known A',   null),
    ('A', 'both_differ',     'known A',   'ordinary'),
    ('A', 'order',           null,        'ordinary'),
    ('A', 'order_no_doctor', null,        'no_doctor'),
    ('A', 'order_rejected',  null,        'no_doctor_no_office'),
    ('A', 'order_gone',      null,        'gone'),
    ('A', 'none',            null,        null),
    ('B', 'jaw',             'known B',   null),
    ('B', 'jaw_other',       'known B',   null),
    ('B', 'jaw_unknown',     'unknown A', null),
    ('B', 'jaw_gone',        'gone',      null),
    ('B', 'both',            'known B',   null),
    ('B', 'both_differ',     'known B',   'ordinary'),
    ('B', 'order',           null,        'ordinary_new'),
    ('B', 'order_gone',      null,        'gone'),
    ('B', 'none',            null,        null),
    ('C', 'jaw',             'known B',   null),
    ('C', 'order',           null,        'ordinary_new')
),
decks (deck, no) as (values ('bracket', 1), ('scan', 2), ('impression', 3), ('measurement', 4)),
-- The jaws that may be named: of those that say what they are, the ones that say it plainly
spelled as (
    select
        j.id, j.instruction_id, o.kind as instruction_kind,
        arrow_cast(j.created_at, 'Int64') as at,
        case
            when lower(trim(j.jaw_type)) in ('upper', 'u', 'maxilla', 'maxillary', 'top')        then 'upper'
            when lower(trim(j.jaw_type)) in ('lower', 'l', 'mandible', 'mandibular', 'bottom')   then 'lower'
            when j.jaw_type in ('both', 'U/L', 'left', 'n/a', 'x')                               then 'unknown'
        end as arch
    from sample.dispatch_jaw j
    join sample._clinical_orders o on o.id = j.instruction_id
),
kinds as (
    select j.*,
        case
            when j.instruction_kind = 'no_doctor'                 then 'no_doctor'
            when j.instruction_kind in ('deleted_old', 'deleted_new') then null
            when j.at >= t.b_end                                  then null
            else concat(
                case when j.arch = 'unknown' then 'unknown' else 'known' end,
                case when j.at < t.a_end then ' A' else ' B' end)
        end as kind
    from sample._epoch t
    cross join spelled j
    where j.arch is not null
),
jaws as (
    select *,
        cast(row_number() over (partition by kind order by id) as bigint) - 1 as rank
    from kinds
    where kind is not null
),
jaw_counts as (
    select kind, count(*) as n from kinds where kind is not null group by kind
),
dealt as (
    select f.deck, f.phase, f.kind, f.ordinal, f.ordinal - f.first as nth, 4 * f.ordinal + d.no as unique_no
    from (
        select deck, phase, kind, first, unnest(generate_series(first, last)) as ordinal
        from sample._figures
        where deck in ('bracket', 'scan', 'impression', 'measurement') and phase <= $epoch
    ) f
    join decks d on d.deck = f.deck
),
aimed as (
    select
        d.*, a.jaw_kind, a.instruction_kind,
        rnd($seed + 410, d.unique_no) % j.n as jaw_rank,
        rnd($seed + 411, d.unique_no) % i.n as instruction_rank
    from dealt d
    join aims a on a.phase = d.phase and a.kind = d.kind
    left join jaw_counts j on j.kind = a.jaw_kind
    left join (select kind, n from sample._figures where deck = 'instruction') i on i.kind = a.instruction_kind
    -- A small sample may lack jaws of a rare kind: nothing is found on those
    where a.jaw_kind is null or a.jaw_kind = 'gone' or j.n is not null
),
placed as (
    select
        f.deck, f.phase, f.kind, f.ordinal, f.unique_no, j.arch,
        case f.jaw_kind when 'gone' then 8000001 + f.nth else j.id end                           as jaw_id,
        case
            when f.instruction_kind = 'gone' then 8000001 + f.nth
            when f.kind = 'both'             then j.instruction_id
            -- not by chance the jaw's own
            when i.id = j.instruction_id     then 8000001 + f.nth
            else                                  i.id
        end                                                                                      as instruction_id,
        case f.phase when 'C' then t.b_end when 'B' then t.a_end else 0 end                      as phase_from,
        case f.phase when 'C' then t.c_end when 'B' then t.b_end else t.a_end end                as at_to,
        greatest(coalesce(j.at, i.at), coalesce(i.at, j.at))                                     as parent_at,
        t.day
    from sample._epoch t
    cross join aimed f
    left join jaws j                    on j.kind = f.jaw_kind and j.rank = f.jaw_rank
    left join sample._clinical_orders i on i.kind = f.instruction_kind and i.rank = f.instruction_rank
),
-- After the parent, within 40 days; where there is none, in the last four years
made as (
    select *,
        case
            when parent_at is not null
                then greatest(parent_at, phase_from) + 1
                     + rnd($seed + 412, unique_no)
                       % greatest(1, least(40 * day, (at_to - greatest(parent_at, phase_from)) / 2))
            else greatest(at_to - 1460 * day, phase_from)
                 + rnd($seed + 412, unique_no) % (at_to - greatest(at_to - 1460 * day, phase_from))
        end as at
    from placed
)
select
    deck, phase, kind, jaw_id, instruction_id, arch, at,
    cast(row_number() over (partition by deck order by at, ordinal) as bigint) as id
from made
