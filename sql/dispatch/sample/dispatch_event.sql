-- dispatch_event: 22,400 / 24,700 / 25,000 events; 12 payloads are no JSON that jsonb takes, 40 are empty, 120 actors
-- are unknown users, many are NULL.
with kinds (no, kind) as (
    values
    (0, 'login'), (1, 'login.failed'), (2, 'order.viewed'), (3, 'file.downloaded'), (4, 'report.exported'),
    (5, 'password.changed'), (6, 'cron')
)
select
    cast(b.id as int) as id,
    cast(case
        when b.kind = 'actor_gone'                then 900001 + b.luck / 700 % 5000
        when k.kind in ('cron', 'login.failed')   then null
        else                                           1 + b.luck / 700 % (r.staff + r.doctors_a)
    end as int) as actor_id,
    k.kind,
    case
        when b.kind = 'malformed' then bad.value
        when b.kind = 'empty'     then case b.nth % 2 when 0 then null else '' end
        when b.luck / 7 % 3 = 0   then good.value
        else concat(
            '{"ip": "192.0.2.', cast(b.luck / 2100 % 256 as text),
            '", "ms": ', cast(b.luck / 537600 % 900 as text), '.50',
            case b.luck / 7 % 3
                when 1 then ', "agent": "Mozilla/5.0 (X11; \"lab\")"}'
                else        ',"tags":["夜間", null] }'
            end)
    end as payload,
    arrow_cast(b.at - b.luck / 11 % 5000000, 'Timestamp(Microsecond, Some("UTC"))') as occurred_at,
    arrow_cast(b.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join sample._epoch t
cross join sample._business b
join kinds k on k.no = b.luck % 7
join sample._json good on good.class = 'good' and good.no = b.luck / 21 % 14
join sample._json bad  on bad.class  = 'bad'  and bad.no  = b.nth % 7
where b.deck = 'event' and b.at < t.until
