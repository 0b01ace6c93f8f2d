-- dispatch_file_instruction: 160,421 links at C, of 160,420 files (_files.sql): treatment_auxiliary_002.stl has two, to
-- orders of different patients; 136062118_shell_occlusion_l.stl.stl is of an order without a doctor.
with links as (
    select id as file_id, instruction_id, 1 as turn, at, at_to from sample._files where kind <> 'unlinked'
    union all
    -- the second patient's order; the first link is to the first patient's
    select f.id, i.id, 2, greatest(f.at, i.at), f.at_to
    from sample._files f
    join sample._instructions i on i.kind = 'ordinary' and i.nth = 1
    where f.kind = 'conflicting'
),
timed as (
    -- within a minute of the upload
    select l.*, l.at + rnd($seed + 306, l.file_id * 2 + l.turn) % least(t.minute, l.at_to - l.at) as made_at, t.until
    from sample._epoch t
    cross join links l
),
numbered as (
    select *, row_number() over (order by made_at, file_id, turn) as id from timed
)
select
    cast(id as int) as id,
    cast(file_id as int) as file_id,
    cast(instruction_id as int) as instruction_id,
    arrow_cast(made_at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from numbered
where made_at < until
