-- dispatch_agent: 2 agents, the users after those of dispatch_user_role.
with dealt as (
    select unnest(generate_series(first, last)) as id from sample._figures where deck = 'agent'
)
select
    cast(d.id as int) as id,
    cast(u.n + d.id as int) as user_id,
    cast(1 + rnd($seed + 313, d.id) % r.n as int) as role_id,
    arrow_cast(
        1577836800000000 + d.id * 90 * t.day + rnd($seed + 314, d.id) % t.day,              -- 2020
        'Timestamp(Microsecond, Some("UTC"))') as created_at
from (select n from sample._figures where deck = 'role' and phase = 'A') r
cross join (select n from sample._figures where deck = 'user_role') u
cross join sample._epoch t
cross join dealt d
