-- auth_group_permissions: 1,346 rights, dealt out in turn over the groups; no group has one twice.
with dealt as (
    select unnest(generate_series(first, last)) as id from sample._figures where deck = 'group_permission'
),
placed as (
    select d.id, 1 + (d.id - 1) % g.n as group_id, (d.id - 1) / g.n as nth
    from (select n from sample._figures where deck = 'group') g
    cross join dealt d
)
select
    cast(p.id as int) as id,
    cast(p.group_id as int) as group_id,
    -- 35 and 204 have no common divisor: the first 204 are all different
    cast(1 + (rnd($seed + 200, p.group_id) % 204 + p.nth * 35) % 204 as int) as permission_id
from placed p
