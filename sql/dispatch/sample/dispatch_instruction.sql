-- dispatch_instruction: 23,272 / 25,012 / 25,012 orders (_instructions.sql), of which 206 + 16 of patients without a
-- doctor, 31 of deleted patients and 5 for stock.
with kinds (no, kind) as (
    values
    (0, 'aligner'), (1, 'aligner'), (2, 'aligner'), (3, 'retainer'), (4, 'refinement'), (5, 'crown'), (6, 'bridge'),
    (7, 'splint')
),
notes (no, notes) as (
    values
    (0, ''), (1, ''), (2, ''),
    (3, 'Rush, patient travels on the 14th.'),
    (4, 'Attachments on 13 and 23; IPR 0.2 mm.'),
    (5, 'No attachments on "social six"'),
    (6, 'Übernahme aus Altsystem'),
    (7, E'Upper only.\nLower follows later.'),
    (8, '患者は金属アレルギーあり'),
    (9, 'Shade A2, matte'),
    (10, 'Same as last time')
),
statuses (no, status) as (
    values
    (0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7), (7, 8), (8, 9), (9, 9), (10, 9), (11, 10), (12, 11),
    (13, 11), (14, 12), (15, 12), (16, 12), (17, 13)
),
drawn as (
    select i.*, t.until, t.hour, rnd($seed + 69, i.id) as luck
    from sample._epoch t
    cross join sample._instructions i
)
select
    cast(i.id as int) as id,
    cast(i.patient_id as int) as patient_id,
    cast(i.doctor_id as int) as doctor_id,
    cast(s.status as int) as status,
    case i.kind when 'stock' then 'stock' else k.kind end as kind,
    n.notes,
    case when s.status > 1                                  -- not drafts
        then arrow_cast(i.at + 1 + i.luck % (4 * i.hour), 'Timestamp(Microsecond, Some("UTC"))')
    end as submitted_at,
    i.luck / 1584 % 250 = 0 as is_deleted,
    arrow_cast(i.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from drawn i
join kinds k on k.no = i.luck % 8
join notes n on n.no = i.luck / 8 % 11
join statuses s on s.no = i.luck / 88 % 18
where i.at < i.until
