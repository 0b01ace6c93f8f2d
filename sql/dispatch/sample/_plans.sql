-- Plans as numbers: id, kind, number within the kind (nth), instruction or parent, when they were made. About 45,000.
-- Roots carry the instruction; a revision carries its parent alone, up to five steps below its root.
-- The nth root of a kind is for the nth instruction; when each has one, the rest go to any.
with root_kinds (kind, instruction_kind) as (
    values
    ('root',             'ordinary'),
    ('root_no_doctor',   'no_doctor'),
    ('root_rejected',    'no_doctor_no_office'),
    ('root_deleted_old', 'deleted_old'),
    ('root_null',        'null'),
    ('root_gone',        'gone'),
    ('root_new',         'ordinary_new'),
    ('root_deleted_new', 'deleted_new')
),
revision_kinds (kind, root_kind) as (
    values
    ('revision',           'root'),
    ('revision_null',      'root_null'),
    ('revision_gone',      'root_gone'),
    ('revision_no_doctor', 'root_no_doctor'),
    ('revision_new',       'root_new')
),
-- Ten revisions at a time: how many stand between each and its root
chain (slot, between) as (values (0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 0), (6, 0), (7, 1), (8, 0), (9, 1)),
-- plan_cycle: a plan that is its own parent, a pair, a ring of three, and one that hangs on the ring.
-- The parent is so many members on
cycle (member, parent_step) as (values (0, 0), (1, 1), (2, -1), (3, 1), (4, 1), (5, -2), (6, -1)),

-- Each plan with the root it goes back to; a root goes back to itself
dealt as (
    select f.phase, f.kind, f.ordinal, f.ordinal - f.first as nth,
        coalesce(v.root_kind, f.kind) as root_kind,
        case when v.kind is null then 0 else 1 + c.between end as revision,
        case
            when v.kind is null then f.ordinal - f.first
            else                     rnd($seed + 33, f.ordinal - c.between) % r.n
        end as root_nth,
        case when v.kind is null then f.first else r.first end as root_first
    from (
        select phase, kind, first, unnest(generate_series(first, last)) as ordinal from sample._figures where deck = 'plan'
    ) f
    join chain c on c.slot = (f.ordinal - f.first) % 10
    left join revision_kinds v on v.kind = f.kind
    left join (select kind, first, n from sample._figures where deck = 'plan') r on r.kind = v.root_kind
),
aimed as (
    select d.*, d.root_first + d.root_nth as root_ordinal, k.instruction_kind,
        case
            when d.root_nth < i.n then d.root_nth
            else                       rnd($seed + 31, d.root_first + d.root_nth) % i.n
        end as instruction_nth
    from dealt d
    join root_kinds k on k.kind = d.root_kind
    left join (select kind, n from sample._figures where deck = 'instruction') i on i.kind = k.instruction_kind
),
rooted as (
    select a.*, t.day,
        case when a.phase = 'A' then t.a_end else t.b_end end as until,
        case a.instruction_kind when 'gone' then 8000001 + a.root_nth else i.id end as root_instruction_id,
        case
            -- without an instruction: in the last four years; else within 20 days of it
            when i.at is null then t.a_end - t.day - rnd($seed + 32, a.root_ordinal) % (1460 * t.day)
            else i.at + 1 + rnd($seed + 32, a.root_ordinal)
                 % greatest(1, least(20 * t.day, (case i.phase when 'A' then t.a_end else t.b_end end - i.at) / 2))
        end as root_at
    from sample._epoch t
    cross join aimed a
    left join sample._instructions i on i.kind = a.instruction_kind and i.nth = a.instruction_nth
),
made as (
    select
        phase, kind, ordinal, nth, revision, root_ordinal as family, ordinal as member,
        case when revision > 1 then -1 end as parent_step,
        case when revision = 0 then root_instruction_id end as instruction_id,
        case when revision = 0 then root_at
             else root_at + revision * step - rnd($seed + 34, ordinal) % greatest(1, step / 2) end as at
    from (select *, least(20 * day, until - root_at) / 6 as step from rooted)
    union all
    select
        'A', 'cycle', -7 * g.nth - c.member, 7 * (g.nth - 1) + c.member, 1, -g.nth, c.member, c.parent_step, null,
        t.a_end - 2057 * t.day + rnd($seed + 35, g.nth) % (1460 * t.day) + c.member * t.minute
    from sample._epoch t
    cross join (select unnest(generate_series(1, n)) as nth from sample._figures where deck = 'plan_cycle') g
    cross join cycle c
),
numbered as (
    select *, cast(row_number() over (order by at, ordinal) as bigint) as id from made
)
select
    phase, kind, nth, revision, instruction_id, at, id,
    case
        when parent_step = 0  then id
        when parent_step = 1  then lead(id, 1) over (partition by family order by member)
        when parent_step = -1 then lag(id, 1) over (partition by family order by member)
        when parent_step = -2 then lag(id, 2) over (partition by family order by member)
        when revision = 1     then first_value(id) over (partition by family order by member)     -- the root
    end as parent_id
from numbered
