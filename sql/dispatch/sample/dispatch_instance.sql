-- dispatch_instance: 29 workflows of ordinary patients of A; every fifth is a second one of the patient before it.
with dealt as (
    select unnest(generate_series(first, last)) as id, n from sample._figures where deck = 'instance'
),
states (no, state) as (values (0, 'new'), (1, 'running'), (2, 'waiting'), (3, 'done'))
select
    cast(d.id as int) as id,
    cast(1 + rnd($seed + 74, d.id) % t.n as int) as template_id,
    cast(p.first + (d.id - case when d.id % 5 = 0 then 2 else 1 end) * (p.n / d.n) as int) as patient_id,
    s.state,
    arrow_cast(
        e.a_end - (d.n + 1 - d.id) * 3 * e.day + rnd($seed + 75, d.id) % e.day,
        'Timestamp(Microsecond, Some("UTC"))') as created_at
from (select first, n from sample._figures where deck = 'patient' and kind = 'ordinary') p
cross join (select n from sample._figures where deck = 'template') t
cross join sample._epoch e
cross join dealt d
join states s on s.no = rnd($seed + 76, d.id) % 4
