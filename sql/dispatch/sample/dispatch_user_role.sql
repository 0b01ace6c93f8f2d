-- dispatch_user_role: 83 users with a technician role, one row each: the first users there are. None is an agent.
with dealt as (
    select unnest(generate_series(first, last)) as id, n from sample._figures where deck = 'user_role'
)
select
    cast(d.id as int) as id,
    cast(d.id as int) as user_id,
    cast(1 + rnd($seed + 311, d.id) % r.n as int) as role_id,
    arrow_cast(
        1485907200000000 + d.id * (2000 * t.day / d.n) + rnd($seed + 312, d.id) % t.day,    -- from February 2017 on
        'Timestamp(Microsecond, Some("UTC"))') as created_at
from (select n from sample._figures where deck = 'role' and phase = 'A') r
cross join sample._epoch t
cross join dealt d
