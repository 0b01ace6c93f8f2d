-- django_admin_log: 20,000 entries: what the staff added, changed and deleted by hand. Its time of making is the time
-- of the action.
with dealt as (
    select phase, kind, unnest(generate_series(first, last)) as ordinal from sample._figures where deck = 'admin_log'
),
timed as (
    select
        d.*, rnd($seed + 241, d.ordinal) as luck,
        p.at_from + rnd($seed + 240, d.ordinal) % (p.at_to - p.at_from) as at
    from dealt d
    join sample._stretches p on p.phase = d.phase
),
numbered as (
    select
        *,
        cast(row_number() over (order by at, ordinal) as bigint) as id,
        case when kind = 'flag_unknown' then 4 + luck % 2 when luck % 9 = 0 then 1 when luck % 9 = 1 then 3 else 2 end
            as flag
    from timed
),
messages (no, message) as (
    -- before 2019 sentences, then JSON
    values
    (0, 'Changed status and notes.'), (1, 'Changed e-mail for user "dr. Núñez".'), (2, 'No fields changed.'),
    (3, '[{"changed": {"fields": ["Status"]}}]'), (4, '[{"changed": {"fields": ["Notes", "Submitted at"]}}]'),
    (5, '[{"changed": {"name": "attachment", "object": "上顎.stl", "fields": ["File"]}}]')
)
select
    cast(l.id as int) as id,
    arrow_cast(l.at, 'Timestamp(Microsecond, Some("UTC"))') as action_time,
    cast(case l.kind
        when 'user_gone' then 900001 + l.luck % 5000
        else 1 + l.luck / 9 % r.staff
    end as int) as user_id,
    case
        when c.model in ('session', 'token') then concat('k', to_hex(l.luck % 4294967296))
        else cast(1 + l.luck / 100 % 25000 as text)
    end as object_id,
    case
        when l.luck / 7 % 40 = 0 then ''
        when l.luck / 7 % 40 = 1 then repeat('長', 200)
        else concat(coalesce(c.model, 'unknown'), ' object (', cast(1 + l.luck / 100 % 25000 as text), ')')
    end as object_repr,
    cast(l.flag as smallint) as action_flag,
    case
        when l.flag = 1 and l.at < 1546300800000000 then 'Added.'
        when l.flag = 1                             then '[{"added": {}}]'
        when l.flag = 3                             then ''
        else m.message
    end as change_message,
    cast(case l.kind
        when 'untyped'   then null
        when 'type_gone' then 71 + l.luck % 3
        else c.id
    end as int) as content_type_id,
    arrow_cast(l.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join sample._epoch t
cross join numbered l
join sample._content_types c on c.ordinal = 1 + l.luck / 63 % 51
join messages m on m.no = case when l.at < 1546300800000000 then 0 else 3 end + l.luck / 3213 % 3
where l.at < t.until
