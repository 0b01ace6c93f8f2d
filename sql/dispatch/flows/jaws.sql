/*---
source      = "dispatch_jaw"
key         = "id"
entity      = "jaw"
accept      = 0.99
description = "Each jaw of an order: upper or lower, however it was spelled."

[remedies]
jaw_type_unknown    = "Look at the jaw and write upper or lower; or add the spelling to the rule."
missing_instruction = "Restore the instruction in the source, or point the rows to another one."
order_not_migrated  = "Recover the order, and they follow."
---*/

-- A jaw belongs to an order that is there. Upper or lower: jaw_type, in any of its spellings, blanks around it and
-- capitals apart; else what the notes say, with a warning. In the notes only whole words count that mean nothing else
-- ("slower" has no lower in it, "top priority" names no jaw); notes with words of both jaws tell nothing.
-- One jaw has 1 to 16 teeth; another count is kept, with a warning.

with spelling (spelling, jaw_type) as (
    values
    ('u',         'upper'), ('upper',      'upper'), ('upper jaw', 'upper'), ('upper arch', 'upper'),
    ('maxilla',   'upper'), ('maxillary',  'upper'), ('top',       'upper'),
    ('上',        'upper'), ('上顎',       'upper'), ('บน',        'upper'), ('ขากรรไกรบน', 'upper'),
    ('l',         'lower'), ('lower',      'lower'), ('lower jaw', 'lower'), ('lower arch', 'lower'),
    ('mandible',  'lower'), ('mandibular', 'lower'), ('bottom',    'lower'),
    ('下',        'lower'), ('下顎',       'lower'), ('ล่าง',       'lower'), ('ขากรรไกรล่าง', 'lower')
),

read as (
    select
        j.id,
        -- 12288: the blank of Japanese keyboards
        btrim(lower(j.jaw_type), concat(' ', chr(9), chr(10), chr(13), chr(12288)))                        as spelling,
        regexp_like(lower(j.notes), '(^|[^a-z])(upper|maxilla|maxillary)([^a-z]|$)|上顎|ขากรรไกรบน')       as says_upper,
        regexp_like(lower(j.notes), '(^|[^a-z])(lower|mandible|mandibular)([^a-z]|$)|下顎|ขากรรไกรล่าง')   as says_lower
    from source.dispatch_jaw j
),

told as (
    select
        r.id,
        case
            when s.jaw_type is not null              then s.jaw_type
            when r.says_upper and not r.says_lower   then 'upper'
            when r.says_lower and not r.says_upper   then 'lower'
        end                                                    as jaw_type,
        case when s.jaw_type is not null then 'jaw_type' else 'notes' end as told_by
    from read r
    left join spelling s on s.spelling = r.spelling
)

select
    j.id                                                       as _key,
    case
        when i.id is null       then reject('missing_instruction', 'orders', j.instruction_id)
        when o._key is null     then reject('order_not_migrated', 'orders', i.id)
        when t.jaw_type is null then reject('jaw_type_unknown')
        else                         migrate()
    end                                                        as _outcome,
    warnings(
        t.told_by = 'notes',                   'jaw_type_from_notes',
        j.tooth_count not between 1 and 16,    'tooth_count_unusual'
    )                                                          as _warnings,
    j.id                                                       as legacy_id,
    legacy_uuid('order', i.id)                                 as order_id,
    t.jaw_type                                                 as jaw_type,
    j.tooth_count                                              as tooth_count,
    j.notes                                                    as notes,
    json_merge(row_json(j._row), json_object('jaw_type', t.jaw_type, 'jaw_type_told_by', t.told_by)) as metadata,
    j.created_at                                               as created_at
from source.dispatch_jaw j
left join told                        t on t.id   = j.id
left join source.dispatch_instruction i on i.id   = j.instruction_id
left join migrated.orders             o on o._key = i.id
