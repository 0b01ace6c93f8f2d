-- dispatch_plan: about 45,000 plans (_plans.sql): roots with an instruction (or NULL, or one that is gone), revisions,
-- and rings without a root.
with notes (no, notes) as (
    values
    (0, ''), (1, ''), (2, 'Staged 18/14'), (3, 'IPR lower anteriors'), (4, 'Overcorrection on 12'),
    (5, 'Midline 1.5 mm → 0.5 mm'), (6, E'See scan\nof 3 March'), (7, '噛み合わせ確認')
)
select
    cast(p.id as int) as id,
    cast(p.instruction_id as int) as instruction_id,
    cast(p.parent_id as int) as parent_id,
    cast(1 + case when p.revision = 0 then rnd($seed + 70, p.id) % 3 else p.revision end as int) as number,
    n.notes,
    rnd($seed + 71, p.id) % 5 < 2 as is_approved,
    arrow_cast(p.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._epoch t
cross join sample._plans p
join notes n on n.no = rnd($seed + 72, p.id) % 8
where p.at < t.until
