-- dispatch_template_view_roles: 460 of all pairs of a template and a role of A (all pairs, where there are fewer).
with pairs as (
    select p.id as template_id, r.id as role_id, rnd($seed + 316, p.id * 1000 + r.id) as luck
    from (select unnest(generate_series(first, last)) as id from sample._figures where deck = 'role' and phase = 'A') r
    cross join sample.dispatch_template p
),
numbered as (
    select template_id, role_id, luck, cast(row_number() over (order by luck, template_id, role_id) as bigint) as id
    from pairs
)
select
    cast(v.id as int) as id,
    v.template_id,
    cast(v.role_id as int) as role_id,
    arrow_cast(
        1546300800000000 + v.id * (1000 * t.day / f.n) + v.luck % t.day,                    -- from 2019 on
        'Timestamp(Microsecond, Some("UTC"))') as created_at
from (select n from sample._figures where deck = 'view_role') f
cross join sample._epoch t
cross join numbered v
where v.id <= f.n
