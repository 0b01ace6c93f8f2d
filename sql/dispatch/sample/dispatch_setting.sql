-- dispatch_setting: 115 / 119 / 120 settings; one is malformed, two are empty.
select
    cast(b.id as int) as id,
    concat(
        case b.luck % 5
            when 0 then 'mail.' when 1 then 'billing.' when 2 then 'portal.' when 3 then 'lab.' else 'ui.'
        end,
        case b.luck / 5 % 4 when 0 then 'default_' when 1 then 'max ' when 2 then 'Länder.' else '' end,
        cast(b.id as text)) as key,
    case b.kind
        when 'malformed' then bad.value
        when 'empty'     then case b.nth % 2 when 0 then null else '' end
        else                  good.value
    end as value,
    arrow_cast(b.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._epoch t
cross join sample._business b
join sample._json good on good.class = 'good' and good.no = b.luck / 20 % 14
join sample._json bad  on bad.class  = 'bad'  and bad.no  = b.nth % 7
where b.deck = 'setting' and b.at < t.until
