-- auth_group: 24 groups.
with names (no, name) as (
    values
    (0, 'Administrators'), (1, 'Planners'), (2, 'Production'), (3, 'Support – 日本'), (4, 'Billing & Invoices'),
    (5, 'Doctors'), (6, 'Quality "A"'), (7, 'Außendienst')
),
dealt as (
    select unnest(generate_series(first, last)) as id from sample._figures where deck = 'group'
)
select
    cast(d.id as int) as id,
    case when d.id <= 8 then n.name else concat(n.name, ' ', cast(1 + (d.id - 1) / 8 as text)) end as name
from dealt d
join names n on n.no = (d.id - 1) % 8
