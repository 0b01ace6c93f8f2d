-- dispatch_template_view_groups: 510 of all pairs of a template and a group (all pairs, where there are fewer).
with pairs as (
    select p.id as template_id, g.id as group_id, rnd($seed + 315, p.id * 1000 + g.id) as luck
    from sample.auth_group g
    cross join sample.dispatch_template p
),
numbered as (
    select template_id, group_id, luck, cast(row_number() over (order by luck, template_id, group_id) as bigint) as id
    from pairs
)
select
    cast(v.id as int) as id,
    v.template_id,
    v.group_id,
    arrow_cast(
        1546300800000000 + v.id * (1000 * t.day / f.n) + v.luck % t.day,                    -- from 2019 on
        'Timestamp(Microsecond, Some("UTC"))') as created_at
from (select n from sample._figures where deck = 'view_group') f
cross join sample._epoch t
cross join numbered v
where v.id <= f.n
