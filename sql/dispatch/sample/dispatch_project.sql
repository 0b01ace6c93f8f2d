-- dispatch_project: 290 / 308 / 310 projects; the owners of 4 are gone.
with names (no, name) as (
    values
    (0, 'Portal relaunch'), (1, 'Scanner roll-out'), (2, 'Übersetzung Handbuch'), (3, '東京オフィス開設'),
    (4, 'Audit "ISO 13485"'), (5, 'Price list'), (6, 'โครงการนำร่อง')
),
statuses (no, status) as (
    values
    (0, 'planned'), (1, 'active'), (2, 'active'), (3, 'on_hold'), (4, 'completed'), (5, 'completed'), (6, 'cancelled')
)
select
    cast(b.id as int) as id,
    concat(n.name, ' ', cast(2018 + b.luck / 49 % 8 as text)) as name,
    cast(case b.kind
        when 'owner_gone' then 900001 + b.luck / 400 % 5000
        else                   1 + b.luck / 400 % r.staff
    end as int) as owner_id,
    s.status,
    arrow_cast(b.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join sample._epoch t
cross join sample._business b
join names n on n.no = b.luck % 7
join statuses s on s.no = b.luck / 7 % 7
where b.deck = 'project' and b.at < t.until
