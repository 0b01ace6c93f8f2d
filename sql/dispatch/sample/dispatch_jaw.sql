-- dispatch_jaw: 40,400 / 43,360 / 43,458 jaws. 363 do not say whether they are upper or lower; of 1,747 only the notes
-- do. In an order of chance each order gets a first jaw, then some a second, which is the other one; those of C are
-- recorded again for orders made between A and B.
with aims (phase, kind, instruction_kind) as (
    values
    ('A', 'spelled',     'ordinary'),
    ('A', 'notes',       'ordinary'),
    ('A', 'unknown',     'ordinary'),
    ('A', 'no_doctor',   'no_doctor'),
    ('A', 'deleted_old', 'deleted_old'),
    ('B', 'spelled',     'ordinary_new'),
    ('B', 'notes',       'ordinary_new'),
    ('B', 'unknown',     'ordinary_new'),
    ('B', 'deleted_new', 'deleted_new'),
    ('C', 'spelled',     'ordinary_new'),
    ('C', 'notes',       'ordinary_new'),
    ('C', 'unknown',     'ordinary_new')
),
-- The first six are two in three
spellings (no, upper, lower) as (
    values
    (0, 'upper', 'lower'),           (1, 'Upper', 'Lower'),           (2, 'U', 'L'),            (3, 'u', 'l'),
    (4, 'UPPER', 'LOWER'),           (5, 'maxilla', 'mandible'),      (6, 'Maxillary', 'Mandibular'),
    (7, 'MAXILLA', 'MANDIBLE'),      (8, 'top', 'bottom'),            (9, ' upper', ' lower'),
    (10, 'Upper  ', 'Lower  '),      (11, E'upper\n', E'lower\n'),    (12, E'\tU ', E'\tL '),
    (13, 'Upper jaw', 'Lower jaw'),  (14, 'upper arch', 'lower arch'),
    (15, '上顎', '下顎'),            (16, '上顎　', '下顎　'),        (17, '上', '下'),
    (18, 'ขากรรไกรบน', 'ขากรรไกรล่าง'), (19, 'บน', 'ล่าง')
),
-- What else people wrote; it says nothing of the jaw, or what jaw_type overrules
remarks (no, notes) as (
    values
    (0, ''), (1, ''), (2, ''), (3, ''),
    (4, 'Attachments on "social six".'),
    (5, E'Crowding 4.50 mm.\nIPR 0.20 mm.'),
    (6, 'Scan in C:\scans\old'),
    (7, 'Upper and lower belong together'),
    (8, 'Lower follows later; don''t wait'),
    (9, '叢生あり'),
    (10, 'Engstand, Zähne gedreht'),
    (11, 'ฟันซ้อน'),
    (12, 'Slower wear than planned')
),
-- Where jaw_type says nothing, the notes do
told (no, jaw_type, upper, lower) as (
    values
    (0, null,        'upper, 14 teeth',              'lower, 13 teeth'),
    (1, '',          'MAXILLA scanned twice',        'MANDIBLE scanned twice'),
    (2, '?',         E'Retainer 3-3.\nUpper only.',  E'Retainer 3-3.\nLower only.'),
    (3, 'see notes', '"upper" per phone call',       '"lower" per phone call'),
    (4, ' ',         '上顎のみ',                     '下顎のみ'),
    (5, null,        'เฉพาะขากรรไกรบน',              'เฉพาะขากรรไกรล่าง'),
    (6, 'arch',      'Slower wear; maxillary/upper', 'Uppermost wire off; mandibular'),
    (7, 'x-ray',     'Upper arch, O''Brien''s model', 'Lower arch, O''Brien''s model')
),
-- jaw_type_unknown
untold (no, jaw_type, notes) as (
    values
    (0, null,   ''),
    (1, '',     'see chart'),
    (2, 'both', 'Upper and lower'),
    (3, '?',    'Slower wear; flowers for the staff'),
    (4, 'U/L',  ''),
    (5, 'left', 'Uppermost priority'),
    (6, 'n/a',  '上顎・下顎'),
    (7, 'x',    E'mandible or maxilla?\nAsk Dr. O''Brien \\ lab')
),
dealt as (
    select phase, kind, first, unnest(generate_series(first, last)) as ordinal
    from sample._figures
    where deck = 'jaw' and phase <= $epoch
),
aimed as (
    select
        d.phase, d.kind, d.ordinal, d.ordinal - d.first as nth, a.instruction_kind, i.n,
        cast(
            row_number() over (partition by d.phase, a.instruction_kind order by rnd($seed + 401, d.ordinal), d.ordinal)
            as bigint) - 1 as rank
    from dealt d
    join aims a on a.phase = d.phase and a.kind = d.kind
    join (select kind, n from sample._figures where deck = 'instruction') i on i.kind = a.instruction_kind
),
placed as (
    select
        j.phase, j.kind, j.ordinal, j.nth, o.id as instruction_id,
        case when (o.rank + j.rank / j.n) % 2 = 0 then 'upper' else 'lower' end             as arch,
        greatest(o.at, case j.phase when 'C' then t.b_end when 'B' then t.a_end else 0 end) as at_from,
        case j.phase when 'C' then t.c_end when 'B' then t.b_end else t.a_end end           as at_to,
        t.day
    from sample._epoch t
    cross join aimed j
    join sample._clinical_orders o on o.kind = j.instruction_kind and o.rank = j.rank % j.n
),
made as (
    select *,
        at_from + 1 + rnd($seed + 402, ordinal) % greatest(1, least(5 * day, (at_to - at_from) / 2)) as at
    from placed
),
numbered as (
    select *, cast(row_number() over (order by at, ordinal) as bigint) as id from made
),
drawn as (
    select *, rnd($seed + 420, id) as luck from numbered
)
select
    cast(j.id as int) as id,
    cast(j.instruction_id as int) as instruction_id,
    case j.kind
        when 'notes'   then n.jaw_type
        when 'unknown' then x.jaw_type
        else case j.arch when 'upper' then s.upper else s.lower end
    end as jaw_type,
    -- 0 and 28 are no number of teeth that one jaw has: tooth_count_unusual
    cast(
        case
            when j.id % 400 = 7 then 0
            when j.id % 400 = 9 then 28
            else 10 + least(6, j.luck / 400 % 14)
        end as smallint) as tooth_count,
    case j.kind
        when 'notes'   then case j.arch when 'upper' then n.upper else n.lower end
        when 'unknown' then x.notes
        else r.notes
    end as notes,
    arrow_cast(j.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from drawn j
join spellings s on s.no = case when j.luck % 2 = 0 then j.luck / 2 % 6 else j.luck / 2 % 20 end
join remarks r on r.no = j.luck / 60 % 13
join told n on n.no = j.nth % 8
join untold x on x.no = j.nth % 8
