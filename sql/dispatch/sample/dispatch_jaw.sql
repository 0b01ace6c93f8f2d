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
spellings (arch, no, jaw_type) as (
    values
    ('upper',  0, 'upper'),        ('upper',  1, 'upper'),         ('upper',  2, 'Upper'),   ('upper',  3, 'U'),
    ('upper',  4, 'u'),            ('upper',  5, 'UPPER'),         ('upper',  6, 'maxilla'), ('upper',  7, 'Maxillary'),
    ('upper',  8, 'MAXILLA'),      ('upper',  9, 'top'),           ('upper', 10, ' upper'),  ('upper', 11, 'Upper  '),
    ('upper', 12, E'upper\n'),     ('upper', 13, E'\tU '),         ('upper', 14, '上顎'),    ('upper', 15, '上顎　'),
    ('upper', 16, 'ขากรรไกรบน'),   ('upper', 17, 'Upper jaw'),     ('upper', 18, 'upper arch'), ('upper', 19, '上'),
    ('lower',  0, 'lower'),        ('lower',  1, 'lower'),         ('lower',  2, 'Lower'),   ('lower',  3, 'L'),
    ('lower',  4, 'l'),            ('lower',  5, 'LOWER'),         ('lower',  6, 'mandible'), ('lower', 7, 'Mandibular'),
    ('lower',  8, 'MANDIBLE'),     ('lower',  9, 'bottom'),        ('lower', 10, ' lower'),  ('lower', 11, 'Lower  '),
    ('lower', 12, E'lower\n'),     ('lower', 13, E'\tL '),         ('lower', 14, '下顎'),    ('lower', 15, '下顎　'),
    ('lower', 16, 'ขากรรไกรล่าง'), ('lower', 17, 'Lower jaw'),     ('lower', 18, 'lower arch'), ('lower', 19, '下')
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
told (arch, no, jaw_type, notes) as (
    values
    ('upper', 0, null,        'upper, 14 teeth'),            ('lower', 0, null,        'lower, 13 teeth'),
    ('upper', 1, '',          'MAXILLA scanned twice'),      ('lower', 1, '',          'MANDIBLE scanned twice'),
    ('upper', 2, '?',         E'Retainer 3-3.\nUpper only.'), ('lower', 2, '?',        E'Retainer 3-3.\nLower only.'),
    ('upper', 3, 'see notes', '"upper" per phone call'),     ('lower', 3, 'see notes', '"lower" per phone call'),
    ('upper', 4, ' ',         '上顎のみ'),                   ('lower', 4, ' ',         '下顎のみ'),
    ('upper', 5, null,        'เฉพาะขากรรไกรบน'),            ('lower', 5, null,        'เฉพาะขากรรไกรล่าง'),
    ('upper', 6, 'arch',      'Slower wear; maxillary/upper'), ('lower', 6, 'arch',    'Uppermost wire off; mandibular'),
    ('upper', 7, 'OK',        'Upper arch, O''Brien''s model'), ('lower', 7, 'UK',     'Lower arch, O''Brien''s model')
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
    case j.kind when 'notes' then n.jaw_type when 'unknown' then x.jaw_type else s.jaw_type end as jaw_type,
    -- 0 and 28 are no number of teeth that one jaw has: tooth_count_unusual
    cast(
        case
            when j.id % 400 = 7 then 0
            when j.id % 400 = 9 then 28
            else 10 + least(6, j.luck / 400 % 14)
        end as smallint) as tooth_count,
    case j.kind when 'notes' then n.notes when 'unknown' then x.notes else r.notes end as notes,
    arrow_cast(j.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from drawn j
join spellings s on s.arch = j.arch and s.no = j.luck % 20
join remarks r on r.no = j.luck / 20 % 13
join told n on n.arch = j.arch and n.no = j.nth % 8
join untold x on x.no = j.nth % 8
