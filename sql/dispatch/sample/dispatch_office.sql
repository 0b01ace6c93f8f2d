-- dispatch_office: 870 / 894 / 894 offices in five countries (_offices.sql).
with cities (country, no, city, prefix) as (
    values
    ('US', 0, 'Springfield', '+1 555-01'),    ('US', 1, 'Portland', '+1 555-01'),
    ('US', 2, 'San José', '+1 555-01'),       ('US', 3, 'Winston-Salem', '(555) 01'),
    ('JP', 0, '東京', '+81 3-5550-'),         ('JP', 1, 'Ōsaka', '+81 6-5550-'),
    ('JP', 2, '札幌', '+81 11-555-'),         ('JP', 3, 'Fukuoka', '+81 92-555-'),
    ('TH', 0, 'Bangkok', '+66 2 555 '),       ('TH', 1, 'เชียงใหม่', '+66 53 555 '),
    ('TH', 2, 'Phuket', '+66 76 555 '),       ('TH', 3, 'Khon Kaen', '+66 43 555 '),
    ('IN', 0, 'Bengaluru', '+91 80 5550 '),   ('IN', 1, 'Pune', '+91 20 5550 '),
    ('IN', 2, 'Kochi', '+91 484 555 '),       ('IN', 3, 'मुंबई', '+91 22 5550 '),
    ('AU', 0, 'Perth', '+61 8 5550 '),        ('AU', 1, 'Hobart', '+61 3 5550 '),
    ('AU', 2, 'Cairns', '+61 7 5550 '),       ('AU', 3, 'Sydney', '+61 2 5550 ')
),
styles (no, label) as (
    values
    (0, 'Dental Clinic'), (1, 'Orthodontics'), (2, 'Smile Studio'), (3, 'Family Dentistry'), (4, '歯科'),
    (5, 'Dental & Co.'), (6, 'Tooth "Fairy" Practice')
),
offices as (
    select
        o.id, o.country, rnd($seed + 62, o.id) as luck,
        case o.phase
            -- from January 2014 on for three years, so that whom they treat comes later
            when 'A' then 1388534400000000 + o.id * (1095 * t.day / f.n) + rnd($seed + 63, o.id) % t.day
            else t.a_end + rnd($seed + 63, o.id) % (t.b_end - t.a_end)
        end as at,
        t.until
    from (select cast(sum(n) as bigint) as n from sample._figures where deck = 'office' and phase = 'A') f
    cross join sample._epoch t
    cross join sample._offices o
)
select
    cast(o.id as int) as id,
    concat(n.family, ' ', s.label, case when o.luck % 5 = 0 then concat(' ', c.city) else '' end) as name,
    o.country,
    c.city,
    concat(c.prefix, lpad(cast(o.luck / 1000 % 100 as text), 2, '0')) as phone,
    concat('office', cast(o.id as text), '@clinics.test') as email,
    o.luck / 3 % 40 = 0 as is_deleted,
    arrow_cast(o.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from offices o
join cities c on c.country = o.country and c.no = o.luck % 4
join styles s on s.no = o.luck / 4 % 7
join sample._names n on n.no = o.luck / 28 % 8
    and n.culture = case o.country
        when 'US' then o.luck / 224 % 2 * 4
        when 'JP' then 1
        when 'TH' then 2
        when 'IN' then 3
        else 5
    end
where o.at < o.until
