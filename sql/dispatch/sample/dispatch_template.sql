-- dispatch_template: 169 workflow templates, all older than A.
with dealt as (
    select unnest(generate_series(first, last)) as id, n from sample._figures where deck = 'template'
),
kinds (no, kind, label) as (
    values
    (0, 'intake', 'Intake'), (1, 'review', 'Doctor review'), (2, 'production', 'Production'),
    (3, 'follow_up', 'Follow-up'), (4, 'letter', 'Letter – Übergabe')
)
select
    cast(d.id as int) as id,
    concat(k.label, ' ', lpad(cast(d.id as text), 3, '0')) as name,
    k.kind,
    concat(E'Dear {{ patient.first_name }},\n\nstep ', cast(d.id as text), ' of your "', k.label, E'" is done.\n')
        as body,
    d.id % 12 <> 0 as is_active,
    arrow_cast(
        1514764800000000 + d.id * (300 * t.day / d.n) + rnd($seed + 73, d.id) % t.day,          -- 2018
        'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._epoch t
cross join dealt d
join kinds k on k.no = d.id % 5
